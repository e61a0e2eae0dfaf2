"""Cognito user pools and their hosted sign-in, and secrets."""

from typing import Any

from local.resources.base import Context, Handler, Inputs, Made, always


def _user_pool(context: Context, name: str, inputs: Inputs) -> Made:
    arguments: dict[str, Any] = inputs.renamed(
        usernameAttributes="UsernameAttributes", autoVerifiedAttributes="AutoVerifiedAttributes"
    )
    if policy := inputs.get("passwordPolicy"):
        arguments["Policies"] = {
            "PasswordPolicy": {
                "MinimumLength": policy["minimumLength"],
                "RequireLowercase": policy.get("requireLowercase", False),
                "RequireUppercase": policy.get("requireUppercase", False),
                "RequireNumbers": policy.get("requireNumbers", False),
                "RequireSymbols": policy.get("requireSymbols", False),
            }
        }
    if admin := inputs.get("adminCreateUserConfig"):
        only = bool(admin.get("allowAdminCreateUserOnly"))
        arguments["AdminCreateUserConfig"] = {"AllowAdminCreateUserOnly": only}
    pool = context.client("cognito-idp").create_user_pool(PoolName=context.name(name, inputs), **arguments)[
        "UserPool"
    ]
    endpoint = f"{context.config.emulator_url}/{pool['Id']}"
    return Made(pool["Id"], {"arn": pool["Arn"], "endpoint": endpoint, "name": pool["Name"]})


def _domain(context: Context, _name: str, inputs: Inputs) -> Made:
    context.client("cognito-idp").create_user_pool_domain(
        Domain=inputs["domain"], UserPoolId=inputs["userPoolId"]
    )
    # The emulator serves every pool's sign-in pages at its own address.
    return Made(inputs["domain"], {"domain": context.config.emulator_url})


def _resource_server(context: Context, _name: str, inputs: Inputs) -> Made:
    scopes = [
        {"ScopeName": scope["scopeName"], "ScopeDescription": scope["scopeDescription"]}
        for scope in inputs["scopes"]
    ]
    context.client("cognito-idp").create_resource_server(
        UserPoolId=inputs["userPoolId"],
        Identifier=inputs["identifier"],
        Name=inputs["name"],
        Scopes=scopes,
    )
    return Made(
        f"{inputs['userPoolId']}|{inputs['identifier']}",
        {"scopeIdentifiers": [f"{inputs['identifier']}/{scope['ScopeName']}" for scope in scopes]},
    )


def _client(context: Context, name: str, inputs: Inputs) -> Made:
    arguments: dict[str, Any] = inputs.renamed(
        generateSecret="GenerateSecret",
        explicitAuthFlows="ExplicitAuthFlows",
        allowedOauthFlows="AllowedOAuthFlows",
        allowedOauthFlowsUserPoolClient="AllowedOAuthFlowsUserPoolClient",
        allowedOauthScopes="AllowedOAuthScopes",
        callbackUrls="CallbackURLs",
        logoutUrls="LogoutURLs",
        supportedIdentityProviders="SupportedIdentityProviders",
        preventUserExistenceErrors="PreventUserExistenceErrors",
        enableTokenRevocation="EnableTokenRevocation",
        accessTokenValidity="AccessTokenValidity",
        idTokenValidity="IdTokenValidity",
        refreshTokenValidity="RefreshTokenValidity",
    )
    if units := inputs.get("tokenValidityUnits"):
        arguments["TokenValidityUnits"] = {
            "AccessToken": units.get("accessToken", "hours"),
            "IdToken": units.get("idToken", "hours"),
            "RefreshToken": units.get("refreshToken", "days"),
        }
    client = context.client("cognito-idp").create_user_pool_client(
        UserPoolId=inputs["userPoolId"], ClientName=context.name(name, inputs), **arguments
    )["UserPoolClient"]
    return Made(
        client["ClientId"], {"clientSecret": client.get("ClientSecret", ""), "name": client["ClientName"]}
    )


def _group(context: Context, name: str, inputs: Inputs) -> Made:
    group = context.name(name, inputs)
    arguments = inputs.renamed(description="Description", precedence="Precedence")
    context.client("cognito-idp").create_group(UserPoolId=inputs["userPoolId"], GroupName=group, **arguments)
    return Made(f"{inputs['userPoolId']}/{group}", {"name": group})


def _secret(context: Context, name: str, inputs: Inputs) -> Made:
    secret = context.name(name, inputs)
    arn = context.client("secretsmanager").create_secret(Name=secret)["ARN"]
    return Made(arn, {"arn": arn, "name": secret})


def _secret_version(context: Context, _name: str, inputs: Inputs) -> Made:
    version = context.client("secretsmanager").put_secret_value(
        SecretId=inputs["secretId"], SecretString=inputs["secretString"]
    )
    return Made(f"{inputs['secretId']}|{version['VersionId']}", {"versionId": version["VersionId"]})


HANDLERS = {
    "aws:cognito/userPool:UserPool": Handler(
        _user_pool,
        ignored={
            "accountRecoverySetting": "no mail is sent here",
            "deletionProtection": "the state is a folder on this machine",
            "mfaConfiguration": "demo users sign in with a password only",
            "softwareTokenMfaConfiguration": "demo users sign in with a password only",
            "userPoolTier": "a price class",
            "usernameConfiguration": "the emulator compares names as they are",
            "userAttributeUpdateSettings": "no mail is sent here",
            "verificationMessageTemplate": "no mail is sent here",
            "userPoolAddOns": "threat protection is AWS's own",
        },
    ),
    "aws:cognito/userPoolDomain:UserPoolDomain": Handler(
        _domain, ignored={"managedLoginVersion": "the emulator has a sign-in form of its own"}
    ),
    "aws:cognito/resourceServer:ResourceServer": Handler(_resource_server),
    "aws:cognito/userPoolClient:UserPoolClient": Handler(_client),
    "aws:cognito/userGroup:UserGroup": Handler(_group),
    "aws:secretsmanager/secret:Secret": Handler(
        _secret,
        ignored={
            "recoveryWindowInDays": "the state is a folder on this machine",
            "kmsKeyId": "the state is a folder on this machine",
        },
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": Handler(_secret_version, always(_secret_version)),
}
