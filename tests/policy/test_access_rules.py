"""Rules about who may do what find what they forbid."""

from policies import access
from policies.stack import Rule
from tests.policy.planting import (
    Change,
    Planted,
    Stacks,
    drop,
    each_of,
    expect_found,
    grant,
    put,
    remove,
    revoke,
    within,
)

PLANTED: list[Planted] = [
    (
        access.allow_no_unexplained_star,
        "search-policy",
        grant("dynamodb:*", "arn:aws:dynamodb:x:1:table/t"),
        "dynamodb:*",
    ),
    (access.allow_no_unexplained_star, "search-policy", grant("s3:GetObject", "*"), "on *"),
    (
        access.allow_no_unexplained_star,
        "search-policy",
        grant("bedrock:InvokeModel", "arn:aws:bedrock:*::foundation-model/*"),
        "on arn:aws:bedrock",
    ),
    (
        access.allow_no_unexplained_star,
        "search-policy",
        within(
            "policy",
            lambda p: p["Statement"].append({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}),
        ),
        "everything except",
    ),
    (
        access.block_public_access,
        "catalog-bucket-access",
        put("blockPublicAcls", False),
        "public access block",
    ),
    (access.block_public_access, "catalog-bucket-access", remove, "public access block"),
    (
        access.give_each_function_its_role,
        "search-function",
        put("role", "arn:aws:iam::123456789012:role/catalog-browse-role-1a2b3c4"),
        "shares its role",
    ),
    (
        access.keep_inline_policies_small,
        "search-policy",
        grant("s3:GetObject", "arn:aws:s3:::" + 10_240 * "x"),
        "IAM takes 10240",
    ),
    (
        access.let_dead_letters_be_sent,
        "vectors-compactor-policy",
        revoke("sqs:SendMessage"),
        "needs sqs:SendMessage",
    ),
    (
        access.let_sources_be_read,
        "catalog-ingest-policy",
        revoke("sqs:DeleteMessage"),
        "needs sqs:DeleteMessage",
    ),
    (
        access.let_sources_be_read,
        "catalog-ingest-source",
        put("eventSourceArn", "arn:aws:sqs:x:1:other"),
        "not in this stack",
    ),
    (access.name_who_invokes, "api-invoke-get-search", drop("sourceArn"), "any source"),
    (
        access.name_who_invokes,
        "api-invoke-get-search",
        put("sourceArn", "arn:aws:execute-api:x:1:a/*/*"),
        "set sourceArn",
    ),
    (
        access.name_who_invokes,
        "api-invoke-get-search",
        put("sourceArn", "arn:aws:execute-api:x:1:a/v1/*/search"),
        "set sourceArn",
    ),
    (
        access.name_who_sends,
        "catalog-events-policy",
        within("policy", lambda p: p["Statement"][0].pop("Condition")),
        "aws:SourceArn",
    ),
    (
        access.name_who_is_served,
        "knowledge-role",
        within("assumeRolePolicy", lambda p: p["Statement"][0].pop("Condition")),
        "aws:SourceArn and aws:SourceAccount",
    ),
    (
        access.pass_roles_exactly,
        "search-policy",
        grant("iam:PassRole", "arn:aws:iam::1:role/r"),
        "PassedToService",
    ),
    (
        access.pass_roles_exactly,
        "search-policy",
        grant("iam:PassRole", "arn:aws:iam::1:role/*"),
        "name the one role",
    ),
    (
        access.allow_no_unexplained_star,
        "chat-policy",
        grant("execute-api:ManageConnections", "arn:aws:execute-api:us-east-1:1:*/@connections/*"),
        "on arn:aws:execute-api",
    ),
    (access.refuse_plain_http, "catalog-bucket-policy", remove, "aws:SecureTransport"),
    (
        access.refuse_plain_http,
        "vectors-snapshots-policy",
        within("policy", put("Statement.0.Effect", "Allow")),
        "aws:SecureTransport",
    ),
    (
        access.trust_only_one_service,
        "search-role",
        within("assumeRolePolicy", put("Statement.0.Principal", {"AWS": "*"})),
        "name the one service",
    ),
    (access.let_sources_be_read, "try-on-starter-policy", revoke("dynamodb:GetRecords"), "GetRecords"),
    (access.let_sources_be_read, "try-on-starter-policy", revoke("sqs:SendMessage"), "its destination"),
]


@each_of(PLANTED)
def test_a_planted_violation_is_found(
    stacks: Stacks, rule: Rule, name: str, change: Change, text: str
) -> None:
    expect_found(stacks, rule, name, change, text)
