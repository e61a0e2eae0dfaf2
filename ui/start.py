"""The site's entry point: `python -m ui.start`.

Reads the site's secret once, hands it to Streamlit in a private file and becomes the Streamlit server.
The secret never appears on a command line or in the environment.
"""

import argparse
import hashlib
import hmac
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from pydantic import BaseModel, ConfigDict, ValidationError

SECRET_ARN_VARIABLE = "SITE_SECRET_ARN"  # noqa: S105  the name of a variable
SECRETS_DIRECTORY_VARIABLE = "SITE_SECRETS_DIRECTORY"
"""Where the server finds the private directory that it removes once the file in it has been read."""

_ROOT = Path(__file__).resolve().parent.parent
_SCOPE = "openid email profile stylist/shop"


class SiteSecret(BaseModel):
    """The JSON document in Secrets Manager, written by the Pulumi program."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True, str_min_length=1)

    api_url: str
    api_key: str
    user_pool_id: str
    client_id: str
    client_secret: str
    metadata_url: str
    domain_url: str
    site_url: str
    region: str
    stack: str
    websocket_url: str | None = None


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Becomes the Streamlit server; raises SystemExit with a sentence that says what is missing."""
    options = _parse_options(arguments)
    arn = os.environ.get(SECRET_ARN_VARIABLE, "")
    if not arn:
        sys.exit(
            f"{SECRET_ARN_VARIABLE} is not set: it holds the ARN of the site's secret in Secrets Manager."
        )
    site = read_site_secret(arn)
    secrets_file = write_privately(describe_secrets(site))
    command = describe_command(secrets_file, site.site_url, options.port, options.address)
    environment = describe_environment(os.environ, secrets_file)
    os.execve(command[0], command, environment)  # noqa: S606  no shell is wanted


def _parse_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ui.start", description="Serves the stylist's site.")
    parser.add_argument("--port", type=int, default=8501, help="TCP port (default: %(default)s)")
    everywhere = "0.0.0.0"  # noqa: S104  a container is reached through its own network
    parser.add_argument("--address", default=everywhere, help="address to listen on (default: all)")
    return parser.parse_args(arguments)


def read_site_secret(arn: str) -> SiteSecret:
    """The site's secret; raises SystemExit when it cannot be read or lacks something, and shows no value."""
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "secretsmanager":
        sys.exit(f"{SECRET_ARN_VARIABLE} is not the ARN of a secret: {arn}")
    try:
        answer = boto3.client("secretsmanager", region_name=parts[3]).get_secret_value(SecretId=arn)
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"The site's secret {arn} cannot be read: {error}")
    try:
        return SiteSecret.model_validate_json(answer.get("SecretString", ""))
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(map(str, fault['loc'])) or 'document'}: {fault['msg']}" for fault in error.errors()
        )
        sys.exit(f"The site's secret {arn} is not complete ({faults}). `pulumi up` writes it.")


def describe_secrets(site: SiteSecret) -> str:
    """Streamlit's secrets file (TOML): `auth` for st.login, `stylist` for the pages."""
    address = site.site_url.rstrip("/")
    auth = {
        "redirect_uri": f"{address}/oauth2callback",
        "cookie_secret": _derive_cookie_secret(site.client_secret),
        "client_id": site.client_id,
        "client_secret": site.client_secret,
        "server_metadata_url": site.metadata_url,
        "expose_tokens": ["id", "access"],
    }
    stylist = {
        "api_url": site.api_url,
        "api_key": site.api_key,
        "websocket_url": site.websocket_url or "",
        "site_url": address,
        "domain_url": site.domain_url.rstrip("/"),
        "client_id": site.client_id,
        "region": site.region,
        "stack": site.stack,
    }
    tables = {
        "auth": auth,
        "auth.client_kwargs": {"scope": _SCOPE, "prompt": "login"},
        "stylist": stylist,
    }
    return "\n".join(_describe_table(name, values) for name, values in tables.items())


def _derive_cookie_secret(client_secret: str) -> str:
    """The same for every task of the service: any of them can read a cookie that another one signed."""
    return hmac.new(client_secret.encode(), b"virtual-stylist site cookie", hashlib.sha256).hexdigest()


def _describe_table(name: str, values: Mapping[str, Any]) -> str:
    # JSON strings and lists of strings are valid TOML, as long as characters are not split into surrogates.
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]
    return "\n".join([f"[{name}]", *lines, ""])


def write_privately(text: str) -> Path:
    """A new file that only this user can read, alone in a directory that only this user can enter."""
    path = Path(tempfile.mkdtemp(prefix="stylist-site-")) / "secrets.toml"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def describe_command(secrets_file: Path, site_url: str, port: int, address: str) -> list[str]:
    """The server's command line; what does not vary is in `.streamlit/config.toml` beside the script."""
    site = urlsplit(site_url)
    # Streamlit looks up the machine's public address on the internet unless it is told the browser's.
    return [
        sys.executable,
        "-m",
        "streamlit",
        "run",
        str(_ROOT / "ui" / "server.py"),
        f"--server.port={port}",
        f"--server.address={address}",
        f"--server.corsAllowedOrigins={site.scheme}://{site.netloc}",
        f"--browser.serverAddress={site.hostname}",
        f"--secrets.files={secrets_file}",
    ]


def describe_environment(environment: Mapping[str, str], secrets_file: Path) -> dict[str, str]:
    """The server's environment: where this repository's packages and the private directory are."""
    path = [str(_ROOT), *filter(None, [environment.get("PYTHONPATH")])]
    return {
        **environment,
        "PYTHONPATH": os.pathsep.join(path),
        SECRETS_DIRECTORY_VARIABLE: str(secrets_file.parent),
    }


if __name__ == "__main__":
    main()
