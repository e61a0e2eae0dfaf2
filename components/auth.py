"""Sign-up and sign-in of shoppers and staff."""

import hashlib
from collections.abc import Mapping
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib.package import public_token

RESOURCE_SERVER = "stylist"
SCOPE = "shop"
GROUPS = {
    "shopper": "People who shop.",
    "merchandiser": "Staff who look after the catalogue.",
}
_TOKEN_HOURS = 8
_REFRESH_DAYS = 30


class AuthArgs(TypedDict):
    """Inputs of `Auth`."""

    site_url: pulumi.Input[str]
    """Address of the site, without a slash at the end; sign-in returns to `<site_url>/oauth2callback`."""
    domain_prefix: pulumi.Input[str]
    """First part of the sign-in pages' host name, in lower case; a hash of the account is added to it."""
    protect_data: NotRequired[bool]
    """Keep the accounts when the stack goes: deletion protection and retention. Default: true."""
    tags: NotRequired[pulumi.Input[Mapping[str, pulumi.Input[str]]]]
    """Tags of every resource. Default: none."""


class Auth(pulumi.ComponentResource):
    """A Cognito user pool with hosted sign-in pages and one confidential client, the site."""

    user_pool_id: pulumi.Output[str]
    """Id of the user pool."""
    user_pool_arn: pulumi.Output[str]
    """ARN of the user pool, for authorizers."""
    client_id: pulumi.Output[str]
    """Id of the site's client."""
    client_secret: pulumi.Output[str]
    """Secret of the site's client; a Pulumi secret."""
    scope: pulumi.Output[str]
    """Scope that an access token must carry to use the API."""
    metadata_url: pulumi.Output[str]
    """OpenID Connect discovery document."""
    domain_url: pulumi.Output[str]
    """Address of the hosted sign-in pages, without a slash at the end."""

    def __init__(self, name: str, args: AuthArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(public_token("Auth"), name, {}, opts)
        child = pulumi.ResourceOptions(parent=self)
        pool = _user_pool(name, self, args)
        resource_server = aws.cognito.ResourceServer(
            f"{name}-api",
            user_pool_id=pool.id,
            identifier=RESOURCE_SERVER,
            name="Virtual Stylist",
            scopes=[{"scope_name": SCOPE, "scope_description": "Use the shop."}],
            opts=child,
        )
        scope = pulumi.Output.concat(resource_server.identifier, "/", SCOPE)
        client = _client(name, self, pool, scope, args["site_url"])
        domain = aws.cognito.UserPoolDomain(
            f"{name}-domain",
            user_pool_id=pool.id,
            domain=_domain_name(args["domain_prefix"], self),
            managed_login_version=2,
            opts=child,
        )
        aws.cognito.ManagedLoginBranding(
            f"{name}-branding",
            user_pool_id=pool.id,
            client_id=client.id,
            use_cognito_provided_values=True,
            # The hosted pages show a style only once they exist.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[domain]),
        )
        for group, description in GROUPS.items():
            aws.cognito.UserGroup(
                f"{name}-{group}s", user_pool_id=pool.id, name=group, description=description, opts=child
            )

        region = aws.get_region_output(opts=pulumi.InvokeOptions(parent=self)).region
        self.user_pool_id = pool.id
        self.user_pool_arn = pool.arn
        self.client_id = client.id
        self.client_secret = pulumi.Output.secret(client.client_secret)
        self.scope = scope
        self.metadata_url = pulumi.Output.concat(
            pool.endpoint.apply(with_scheme), "/.well-known/openid-configuration"
        )
        self.domain_url = pulumi.Output.all(domain.domain, region).apply(lambda both: sign_in_url(*both))
        self.register_outputs(
            {
                "user_pool_id": self.user_pool_id,
                "user_pool_arn": self.user_pool_arn,
                "client_id": self.client_id,
                "client_secret": self.client_secret,
                "scope": self.scope,
                "metadata_url": self.metadata_url,
                "domain_url": self.domain_url,
            }
        )


def _user_pool(name: str, parent: pulumi.Resource, args: AuthArgs) -> aws.cognito.UserPool:
    protect = args.get("protect_data", True)
    return aws.cognito.UserPool(
        f"{name}-users",
        user_pool_tier="ESSENTIALS",
        username_attributes=["email"],
        username_configuration={"case_sensitive": False},
        auto_verified_attributes=["email"],
        account_recovery_setting={"recovery_mechanisms": [{"name": "verified_email", "priority": 1}]},
        admin_create_user_config={"allow_admin_create_user_only": False},
        password_policy={
            "minimum_length": 12,
            "require_lowercase": True,
            "require_uppercase": True,
            "require_numbers": True,
            "require_symbols": True,
            "temporary_password_validity_days": 7,
        },
        deletion_protection="ACTIVE" if protect else "INACTIVE",
        tags=args.get("tags"),
        opts=pulumi.ResourceOptions(parent=parent, protect=protect, retain_on_delete=protect),
    )


def _client(
    name: str,
    parent: pulumi.Resource,
    pool: aws.cognito.UserPool,
    scope: pulumi.Output[str],
    site_url: pulumi.Input[str],
) -> aws.cognito.UserPoolClient:
    return aws.cognito.UserPoolClient(
        f"{name}-site",
        user_pool_id=pool.id,
        generate_secret=True,
        allowed_oauth_flows_user_pool_client=True,
        allowed_oauth_flows=["code"],
        allowed_oauth_scopes=["openid", "email", "profile", scope],
        supported_identity_providers=["COGNITO"],
        callback_urls=[pulumi.Output.concat(site_url, "/oauth2callback")],
        logout_urls=[site_url],
        # No password flow: the hosted pages are the only way in.
        explicit_auth_flows=["ALLOW_REFRESH_TOKEN_AUTH"],
        prevent_user_existence_errors="ENABLED",
        enable_token_revocation=True,
        # The site does not refresh tokens; eight hours outlast a visit.
        access_token_validity=_TOKEN_HOURS,
        id_token_validity=_TOKEN_HOURS,
        refresh_token_validity=_REFRESH_DAYS,
        token_validity_units={"access_token": "hours", "id_token": "hours", "refresh_token": "days"},
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _domain_name(prefix: pulumi.Input[str], component: pulumi.Resource) -> pulumi.Output[str]:
    """A host name part that no other account has: Cognito's are unique in the region over all accounts."""
    account = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=component)).account_id
    digest = account.apply(lambda number: hashlib.sha256(number.encode()).hexdigest()[:8])
    return pulumi.Output.concat(prefix, "-", digest)


def with_scheme(address: str) -> str:
    """`address` with https in front, unless it says by itself how it is reached."""
    return address if "://" in address else f"https://{address}"


def sign_in_url(domain: str, region: str) -> str:
    """Where the hosted pages are: a bare prefix is a name below Cognito's, anything with a dot is a host."""
    bare_prefix = "." not in domain and "://" not in domain
    return with_scheme(f"{domain}.auth.{region}.amazoncognito.com" if bare_prefix else domain)
