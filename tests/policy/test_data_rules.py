"""Rules about data find what they forbid."""

from typing import Any

from policies import data
from policies.stack import Resource, Rule
from tests.policy.planting import Change, Planted, Stacks, drop, each_of, expect_found, put, remove

PLANTED: list[Planted] = [
    (
        data.show_and_erase_all_of_a_shopper,
        "profile-function",
        put("environment.variables.KEPT", "[]"),
        "name it in the `kept`",
    ),
    (data.catch_failed_calls, "clusters-function", drop("deadLetterConfig"), "nobody waits for its answer"),
    (data.catch_dead_letters, "catalog-dead-letters", remove, "catalog-dead-letters"),
    (data.encrypt_at_rest, "web-images", drop("encryptionConfigurations"), "encryptionConfigurations"),
    (data.catch_dead_letters, "catalog-events", drop("redrivePolicy"), "has no redrivePolicy"),
    (
        data.catch_dead_letters,
        "catalog-dead-letters",
        put("messageRetentionSeconds", 3600),
        "keep messages longer",
    ),
    (
        data.declare_only_key_attributes,
        "catalog-products",
        lambda p: p["attributes"].append({"name": "price", "type": "N"}),
        "declares",
    ),
    (data.encrypt_at_rest, "catalog-bucket-encryption", remove, "server-side encryption"),
    (data.encrypt_at_rest, "catalog-events", put("sqsManagedSseEnabled", False), "sqsManagedSseEnabled"),
    (data.end_logs, "search-logs", drop("retentionInDays"), "set retentionInDays"),
    (data.end_logs, "search-function", drop("loggingConfig"), "loggingConfig.logGroup"),
    (
        data.handle_failed_events,
        "catalog-ingest-source",
        drop("functionResponseTypes"),
        "ReportBatchItemFailures",
    ),
    (
        data.handle_failed_events,
        "catalog-ingest-source",
        put("eventSourceArn", "arn:aws:dynamodb:x:1:table/t/stream/s"),
        "bisectBatchOnFunctionError",
    ),
    (
        data.handle_failed_events,
        "catalog-ingest-source",
        put("eventSourceArn", "arn:aws:dynamodb:x:1:table/t/stream/s"),
        "maximumRetryAttempts",
    ),
    (
        data.handle_failed_events,
        "catalog-ingest-source",
        put("eventSourceArn", "arn:aws:dynamodb:x:1:table/t/stream/s"),
        "onFailure",
    ),
    (data.hide_messages_long_enough, "catalog-events", put("visibilityTimeoutSeconds", 60), "needs 1800 s"),
    (
        data.keep_secrets_out_of_environments,
        "search-function",
        put("environment.variables.CLIENT_SECRET", "x"),
        "CLIENT_SECRET",
    ),
    (
        data.keep_secrets_out_of_environments,
        "search-function",
        put("environment.variables.SETTING", "AKIAIOSFODNN7EXAMPLE"),
        "SETTING",
    ),
    (
        data.protect_all_data_or_none,
        "catalog-products",
        put("deletionProtectionEnabled", False),
        "deletionProtectionEnabled",
    ),
    (
        data.protect_all_data_or_none,
        "catalog-products",
        put("pointInTimeRecovery", {"enabled": False}),
        "pointInTimeRecovery",
    ),
    (data.protect_all_data_or_none, "catalog-bucket", put("forceDestroy", True), "forceDestroy"),
    (
        data.protect_all_data_or_none,
        "auth-users",
        put("deletionProtection", "INACTIVE"),
        "deletionProtection",
    ),
    (data.protect_all_data_or_none, "site-secret", put("recoveryWindowInDays", 0), "recovery window"),
]


@each_of(PLANTED)
def test_a_planted_violation_is_found(
    stacks: Stacks, rule: Rule, name: str, change: Change, text: str
) -> None:
    expect_found(stacks, rule, name, change, text)


def test_a_new_table_by_shopper_is_named_until_it_is_kept(stacks: Stacks) -> None:
    keys: dict[str, Any] = {"name": "wishes-1a2b3c4", "hashKey": "user_id", "rangeKey": "product_id"}
    wishes = Resource("aws:dynamodb/table:Table", "wishes", keys)
    (violation,) = data.show_and_erase_all_of_a_shopper([*stacks["prod"], wishes])
    assert violation.resource == "wishes"
