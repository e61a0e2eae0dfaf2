"""The site's secret."""

import json
from typing import Any

import pulumi
import pytest

from components import SiteConfig, SiteConfigArgs
from tests.graph.recorder import Graph, Secret, record
from tests.graph.test_catalog import allowed_by

VALUES: SiteConfigArgs = {
    "api_url": "https://api.example/v1",
    "api_key": "the-api-key",
    "user_pool_id": "pool",
    "client_id": "client",
    "client_secret": "the-client-secret",
    "metadata_url": "https://pool.example/.well-known/openid-configuration",
    "domain_url": "https://login.example",
    "site_url": "https://shop.example",
    "region": "us-east-1",
    "stack": "test",
}


def record_site(**changes: Any) -> Graph:
    def program() -> None:
        site = SiteConfig("site", {**VALUES, **changes})
        for name in ("secret_arn", "environment", "policy"):
            pulumi.export(name, getattr(site, name))

    return record(program)


@pytest.fixture(scope="module")
def site() -> Graph:
    return record_site()


def test_the_secret_holds_what_the_site_reads(site: Graph) -> None:
    text = site.get("site-secret-value").inputs["secretString"]
    assert isinstance(text, Secret)
    assert json.loads(text.value) == {**VALUES, "websocket_url": None}


def test_no_secret_stands_readable_in_the_state(site: Graph) -> None:
    readable = [
        resource for resource in site.resources if "the-client-secret" in repr(_readable(resource.inputs))
    ]
    assert not readable
    assert "the-client-secret" in repr(site.get("site-secret-value").inputs)


def _readable(value: Any) -> Any:
    if isinstance(value, Secret):
        return None
    return {key: _readable(each) for key, each in value.items()} if isinstance(value, dict) else value


def test_reading_the_secret_is_all_that_is_handed_out(site: Graph) -> None:
    arn = site.exports["secret_arn"]
    assert arn.endswith(":secret:site-secret-1a2b3c4-Ab12Cd")
    assert site.exports["environment"] == {"SITE_SECRET_ARN": arn}
    assert allowed_by(site.exports["policy"]) == {("secretsmanager:GetSecretValue", arn)}


def test_a_deleted_secret_can_be_recovered_only_where_data_is_protected(site: Graph) -> None:
    assert site.get("site-secret").inputs["recoveryWindowInDays"] == 30
    assert record_site(protect_data=False).get("site-secret").inputs["recoveryWindowInDays"] == 0
    assert "name" not in site.get("site-secret").inputs, "a deleted secret would block its name"
