"""Sign-in: pool, pages, client and what they hand out."""

from typing import Any

import pulumi
import pytest

from components import Auth
from components.auth import sign_in_url, with_scheme
from tests.graph.recorder import Graph, Secret, record


def record_auth(**changes: Any) -> Graph:
    def program() -> None:
        auth = Auth("auth", {"site_url": "https://shop.example", "domain_prefix": "shop-test", **changes})
        for name in ("user_pool_id", "client_id", "client_secret", "scope", "metadata_url", "domain_url"):
            pulumi.export(name, getattr(auth, name))

    return record(program)


@pytest.fixture(scope="module")
def auth() -> Graph:
    return record_auth()


def test_people_sign_up_with_their_address_and_a_strong_password(auth: Graph) -> None:
    pool = auth.get("auth-users").inputs
    assert pool["usernameAttributes"] == ["email"]
    assert pool["autoVerifiedAttributes"] == ["email"]
    assert pool["usernameConfiguration"] == {"caseSensitive": False}
    assert pool["userPoolTier"] == "ESSENTIALS"
    assert pool["adminCreateUserConfig"] == {"allowAdminCreateUserOnly": False}
    assert pool["passwordPolicy"]["minimumLength"] == 12


def test_the_client_knows_only_the_code_flow_and_the_sites_addresses(auth: Graph) -> None:
    client = auth.get("auth-site").inputs
    assert client["allowedOauthFlows"] == ["code"]
    assert client["allowedOauthFlowsUserPoolClient"] is True
    assert client["allowedOauthScopes"] == ["openid", "email", "profile", "stylist/shop"]
    assert client["callbackUrls"] == ["https://shop.example/oauth2callback"]
    assert client["logoutUrls"] == ["https://shop.example"]
    assert client["explicitAuthFlows"] == ["ALLOW_REFRESH_TOKEN_AUTH"]
    assert client["supportedIdentityProviders"] == ["COGNITO"]
    assert client["generateSecret"] is True
    assert client["preventUserExistenceErrors"] == "ENABLED"


def test_tokens_last_a_visit(auth: Graph) -> None:
    client = auth.get("auth-site").inputs
    units = client["tokenValidityUnits"]
    assert (client["accessTokenValidity"], units["accessToken"]) == (8, "hours")
    assert (client["idTokenValidity"], units["idToken"]) == (8, "hours")
    assert (client["refreshTokenValidity"], units["refreshToken"]) == (30, "days")


def test_the_scope_is_that_of_the_resource_server(auth: Graph) -> None:
    server = auth.get("auth-api").inputs
    assert server["identifier"] == "stylist"
    assert [scope["scopeName"] for scope in server["scopes"]] == ["shop"]
    assert auth.exports["scope"] == "stylist/shop"


def test_the_pages_are_managed_login_with_a_style(auth: Graph) -> None:
    assert auth.get("auth-domain").inputs["managedLoginVersion"] == 2
    branding = auth.get("auth-branding")
    assert branding.inputs["useCognitoProvidedValues"] is True
    assert branding.inputs["clientId"] == "auth-site-id"
    assert "auth-domain" in branding.dependencies


def test_there_is_a_group_of_shoppers_and_one_of_merchandisers(auth: Graph) -> None:
    groups = auth.of_type("aws:cognito/userGroup:UserGroup")
    assert {group.inputs["name"] for group in groups} == {"shopper", "merchandiser"}


def test_the_host_name_differs_between_accounts_but_not_between_runs(auth: Graph) -> None:
    assert auth.get("auth-domain").inputs["domain"] == "shop-test-2a33349e"
    assert record_auth().get("auth-domain").inputs["domain"] == "shop-test-2a33349e"
    assert ("aws:index/getCallerIdentity:getCallerIdentity", "") in auth.invokes


def test_what_is_handed_out(auth: Graph) -> None:
    assert auth.exports == {
        "user_pool_id": "auth-users-id",
        "client_id": "auth-site-id",
        "client_secret": Secret("client-secret-value"),
        "scope": "stylist/shop",
        "metadata_url": "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_Pool12345"
        "/.well-known/openid-configuration",
        "domain_url": "https://shop-test-2a33349e.auth.us-east-1.amazoncognito.com",
    }


def test_accounts_are_kept_by_default_and_discarded_on_request(auth: Graph) -> None:
    kept, discarded = auth.get("auth-users"), record_auth(protect_data=False).get("auth-users")
    assert (kept.inputs["deletionProtection"], kept.protect, kept.retain) == ("ACTIVE", True, True)
    assert (discarded.inputs["deletionProtection"], discarded.protect, discarded.retain) == (
        "INACTIVE",
        False,
        False,
    )


def test_an_address_may_bring_its_own_scheme() -> None:
    assert (
        with_scheme("cognito-idp.us-east-1.amazonaws.com/p")
        == "https://cognito-idp.us-east-1.amazonaws.com/p"
    )
    assert with_scheme("http://127.0.0.1:4566/p") == "http://127.0.0.1:4566/p"


def test_a_sign_in_address_is_a_prefix_a_host_or_a_whole_address() -> None:
    assert sign_in_url("shop", "us-west-2") == "https://shop.auth.us-west-2.amazoncognito.com"
    assert sign_in_url("login.shop.example", "us-west-2") == "https://login.shop.example"
    assert sign_in_url("http://127.0.0.1:4566", "us-west-2") == "http://127.0.0.1:4566"
    assert sign_in_url("http://localhost:4566", "us-west-2") == "http://localhost:4566"
