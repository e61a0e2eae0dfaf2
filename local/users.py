"""Demo users, and tokens for scripts through the same sign-in pages that the site uses."""

import json
from typing import Any

from local.config import LocalConfig
from local.resources.base import emulator_client
from operations.sign_in import Client, SignInFailed, sign_in

__all__ = ["DEMO_USERS", "SignInFailed", "access_token", "create_demo_users", "create_user"]

DEMO_USERS = (
    {"email": "demo@stylist.example", "password": "Stylist-Demo-1", "group": "shopper"},
    {"email": "merchandiser@stylist.example", "password": "Stylist-Demo-2", "group": "merchandiser"},
)


def create_demo_users(config: LocalConfig, outputs: dict[str, Any]) -> list[dict[str, str]]:
    """Make the demo users where they are missing; their addresses and passwords."""
    cognito = emulator_client(config.emulator_url, outputs["region"], "cognito-idp")
    for user in DEMO_USERS:
        create_user(cognito, outputs["user_pool_id"], user["email"], user["password"], user["group"])
    return [{"email": user["email"], "password": user["password"]} for user in DEMO_USERS]


def create_user(cognito: Any, pool: str, email: str, password: str, group: str) -> None:
    """Make a confirmed user with a permanent password, in `group` if one is named, unless there is one."""
    try:
        cognito.admin_create_user(
            UserPoolId=pool,
            Username=email,
            MessageAction="SUPPRESS",
            UserAttributes=[
                {"Name": "email", "Value": email},
                {"Name": "email_verified", "Value": "true"},
            ],
        )
    except cognito.exceptions.UsernameExistsException:
        return
    cognito.admin_set_user_password(UserPoolId=pool, Username=email, Password=password, Permanent=True)
    if group:
        cognito.admin_add_user_to_group(UserPoolId=pool, Username=email, GroupName=group)


def access_token(description: dict[str, Any], email: str, password: str) -> str:
    """An access token by the authorization-code flow (RFC 6749 section 4.1), as `stack.json` describes it.

    Raises SignInFailed.
    """
    outputs = description["outputs"]
    site = _site_secret(description["emulator_url"], outputs)
    return sign_in(Client.of(site, outputs["scope"]), email, password)


def _site_secret(emulator_url: str, outputs: dict[str, Any]) -> dict[str, Any]:
    """What the site itself reads."""
    secrets_manager = emulator_client(emulator_url, outputs["region"], "secretsmanager")
    return json.loads(secrets_manager.get_secret_value(SecretId=outputs["site_secret_arn"])["SecretString"])
