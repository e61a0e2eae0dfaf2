"""IAM policy documents as pure functions of exact ARNs.

Grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components._lib.texts import dump_json

Statement = dict[str, Any]
"""One statement; its ARNs may be Outputs until the document is made."""


def allow(
    actions: Sequence[str],
    resources: Sequence[pulumi.Input[str]],
    conditions: Mapping[str, Mapping[str, pulumi.Input[str]]] | None = None,
) -> Statement:
    """A statement that lets its bearer do `actions` on `resources`."""
    statement: Statement = {"Effect": "Allow", "Action": sorted(actions), "Resource": list(resources)}
    if conditions:
        statement["Condition"] = conditions
    return statement


def document(statements: Sequence[Statement]) -> pulumi.Output[str]:
    """The JSON text of a policy; keys are sorted so that an unchanged policy never differs."""
    return dump_json({"Version": "2012-10-17", "Statement": list(statements)}, separators=(",", ":"))


def merge(documents: Sequence[pulumi.Input[str]]) -> pulumi.Output[str]:
    """One document with the statements of all, in their order, each once.

    A host hands a list of Outputs over as one Output, which cannot be unpacked: hence no `Output.all`.
    """
    known: pulumi.Output[Any] = pulumi.Output.from_input(documents)
    return known.apply(merge_texts)


def merge_texts(texts: Sequence[str]) -> str:
    """As `merge`, for documents that are known; raises ValueError for a text that is no policy."""
    statements: list[Statement] = []
    for text in texts:
        for statement in _statements(text):
            if statement not in statements:
                statements.append(statement)
    return json.dumps(
        {"Version": "2012-10-17", "Statement": statements}, sort_keys=True, separators=(",", ":")
    )


def _statements(text: str) -> list[Statement]:
    try:
        found = json.loads(text)["Statement"]
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(
            f"policy: expected the JSON text of an IAM policy document, got {text[:80]!r}"
        ) from error
    return found if isinstance(found, list) else [found]


def assume_role_policy(service: str) -> str:
    """The trust policy that lets one AWS service, such as `lambda.amazonaws.com`, take the role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)


def trust_for(service: str, source_arn: pulumi.Input[str], account: pulumi.Input[str]) -> pulumi.Output[str]:
    """The trust policy of a role that a service takes on behalf of `source_arn` of this account only.

    Without it the service could be asked by somebody else to use the role: the confused deputy of
    https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
    """
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {
            "ArnLike": {"aws:SourceArn": source_arn},
            "StringEquals": {"aws:SourceAccount": account},
        },
    }
    return document([statement])


def deny_plain_http(bucket_arn: pulumi.Input[str]) -> Statement:
    """The statement of a bucket's policy that refuses every request not made over TLS."""
    return {
        "Sid": "DenyPlainHttp",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, pulumi.Output.concat(bucket_arn, "/*")],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def model_arn(region: str, model_id: str) -> str:
    """The ARN of a Bedrock foundation model; AWS owns it, hence no account in it."""
    return f"arn:aws:bedrock:{region}::foundation-model/{model_id}"
