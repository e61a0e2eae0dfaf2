"""Somebody to be while a shop is tried out, who is gone afterwards."""

import secrets
import uuid
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from operations.doctor.stack import Stack
from runtime.canary.probes import fetch_machine_token

_MAIL_DOMAIN = "doctor.invalid"


@dataclass(frozen=True, slots=True)
class Person:
    """Someone with a password."""

    email: str
    password: str


@contextmanager
def disposable_person(stack: Stack) -> Generator[Person]:
    """A confirmed user of the stack's pool, who is deleted in the end. Raises client errors."""
    pool, cognito = stack.outputs["user_pool_id"], stack.client("cognito-idp")
    # Nobody can receive mail there, and none is sent (RFC 6761).
    person = Person(f"{uuid.uuid4().hex}@{_MAIL_DOMAIN}", f"Aa1!{secrets.token_urlsafe(24)}")
    cognito.admin_create_user(
        UserPoolId=pool,
        Username=person.email,
        MessageAction="SUPPRESS",
        UserAttributes=[
            {"Name": "email", "Value": person.email},
            {"Name": "email_verified", "Value": "true"},
        ],
    )
    try:
        cognito.admin_set_user_password(
            UserPoolId=pool, Username=person.email, Password=person.password, Permanent=True
        )
        yield person
    finally:
        cognito.admin_delete_user(UserPoolId=pool, Username=person.email)


def machine_token(stack: Stack, token_url: str) -> str:
    """A token of a client that is made for it and deleted at once. Raises ProbeFailed and client errors.

    It opens the REST API as a person's does; the WebSocket takes tokens of the site's client only.
    """
    pool, cognito = stack.outputs["user_pool_id"], stack.client("cognito-idp")
    client: dict[str, Any] = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName=f"doctor-{uuid.uuid4().hex[:8]}",
        GenerateSecret=True,
        AllowedOAuthFlowsUserPoolClient=True,
        AllowedOAuthFlows=["client_credentials"],
        AllowedOAuthScopes=[stack.outputs["scope"]],
    )["UserPoolClient"]
    try:
        token, _ = fetch_machine_token(
            token_url, client["ClientId"], client["ClientSecret"], str(stack.outputs["scope"])
        )
        return token
    finally:
        with suppress(ClientError):
            cognito.delete_user_pool_client(UserPoolId=pool, ClientId=client["ClientId"])
