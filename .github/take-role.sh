#!/usr/bin/env bash
# Lets the steps that follow be ROLE_ARN of AWS, vouched for by GitHub. A token of GitHub's lives for minutes, so
# this is run again before whatever starts late.
set -euo pipefail
token_file="$RUNNER_TEMP/web-identity"
curl --silent --show-error --fail \
  --header "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" \
  "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=sts.amazonaws.com" \
  | python3 -c 'import json, sys; print(json.load(sys.stdin)["value"], end="")' > "$token_file"
chmod 600 "$token_file"
{
  echo "AWS_WEB_IDENTITY_TOKEN_FILE=$token_file"
  echo "AWS_ROLE_ARN=$ROLE_ARN"
  echo "AWS_ROLE_SESSION_NAME=github-$GITHUB_RUN_ID"
} >> "$GITHUB_ENV"
