"""Every rule holds in every stack, and every rule finds what it forbids."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from policies import access, alarms, api, data, limits, models, realtime, vectors, web, workflows
from policies.rules import RULES
from policies.stack import Resource, Rule, Violation
from tests.graph.recorder import Graph, known_stack

GRAPHS = {
    "dev": ("dev", {}),
    "staging": ("staging", {}),
    "prod": ("prod", {}),
    "dev with S3 Vectors": ("dev", {"vectorBackend": "s3vectors"}),
    "dev with OpenSearch": ("dev", {"vectorBackend": "opensearch", "knowledgeBaseStorage": "opensearch"}),
    "prod with DynamoDB": ("prod", {"vectorBackend": "dynamodb", "knowledgeBaseStorage": "s3vectors"}),
    "prod with S3 Vectors": ("prod", {"vectorBackend": "s3vectors", "knowledgeBaseStorage": "s3vectors"}),
    "prod with classic OpenSearch": ("prod", {"opensearchGeneration": "classic"}),
    "dev with Personalize": ("dev", {"ranker": "personalize"}),
    "prod with Personalize": ("prod", {"ranker": "personalize"}),
    "prod with an agent": ("prod", {"chatEngine": "agent", "hasAgentsClassic": True}),
    "prod with Nova": ("prod", {"embedder": "nova", "embeddingDimensions": 256}),
    "dev while vectors move": ("dev", {"migrateToBackend": "s3vectors"}),
    "prod while the model changes": ("prod", {"migrateToEmbedder": "nova"}),
}


def resources_of(graph: Graph) -> list[Resource]:
    return [
        Resource(each.type, each.name, {**each.state, "id": f"{each.name}-id"}, each.protect)
        for each in graph.resources
        if each.custom
    ]


@pytest.fixture(scope="module")
def stacks() -> dict[str, list[Resource]]:
    return {name: resources_of(known_stack(stack, **changes)) for name, (stack, changes) in GRAPHS.items()}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_stack_keeps_the_rule(stacks: dict[str, list[Resource]], name: str, rule: Rule) -> None:
    assert len(stacks[name]) > 50
    assert list(rule(stacks[name])) == []


Change = Callable[[dict[str, Any]], None]


def put(path: str, value: Any) -> Change:
    """Set a property, found by a dotted path; numbers are places in lists."""

    def change(properties: dict[str, Any]) -> None:
        *steps, last = path.split(".")
        place: Any = properties
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value

    return change


def drop(key: str) -> Change:
    def change(properties: dict[str, Any]) -> None:
        del properties[key]

    return change


def inside(path: str, change: Change) -> Change:
    """Make a change to what a dotted path leads to."""

    def outer(properties: dict[str, Any]) -> None:
        place: Any = properties
        for step in path.split("."):
            place = place[step]
        change(place)

    return outer


def within(key: str, change: Change) -> Change:
    """Make a change inside a property that is a JSON text."""

    def outer(properties: dict[str, Any]) -> None:
        content = json.loads(properties[key])
        change(content)
        properties[key] = json.dumps(content)

    return outer


def grant(action: str, resource: str) -> Change:
    return within(
        "policy",
        lambda policy: policy["Statement"].append(
            {"Effect": "Allow", "Action": [action], "Resource": [resource]}
        ),
    )


def revoke(action: str) -> Change:
    def change(policy: dict[str, Any]) -> None:
        for statement in policy["Statement"]:
            statement["Action"] = [each for each in statement["Action"] if each != action]

    return within("policy", change)


def remove(_: dict[str, Any]) -> None:
    """Marks the resource for removal."""
    raise KeyError("removed")


def replace_text(key: str, old: str, new: str) -> Change:
    def change(properties: dict[str, Any]) -> None:
        assert old in properties[key]
        properties[key] = properties[key].replace(old, new)

    return change


def replace_setting(variable: str, key: str, value: Any) -> Change:
    """Change one member of a setting in a function's environment."""

    def change(properties: dict[str, Any]) -> None:
        variables = properties["environment"]["variables"]
        variables[variable] = json.dumps({**json.loads(variables[variable]), key: value})

    return change


PLANTED: list[tuple[Rule, str, Change, str]] = [
    (alarms.act_on_every_alarm, "search-errors", put("alarmActions", []), "set alarmActions"),
    (alarms.act_on_every_alarm, "search-errors", put("alarmActions", ["arn:elsewhere"]), "of this stack"),
    (alarms.act_on_every_alarm, "search-errors", drop("treatMissingData"), "set treatMissingData"),
    (alarms.act_on_every_alarm, "search-errors", put("alarmDescription", "Oh."), "section of the runbook"),
    (alarms.have_somebody_listen, "alarms-mail", put("topic", "arn:elsewhere"), "nobody has subscribed"),
    (alarms.have_somebody_listen, "alarms-budget", put("notifications", []), "no budget tells"),
    (alarms.watch_everything, "search-errors", remove, "no alarm for Errors"),
    (alarms.watch_everything, "search-throttles", remove, "no alarm for Throttles"),
    (alarms.watch_everything, "catalog-dead-letters-waiting", remove, "MessagesVisible"),
    (alarms.watch_everything, "clusters-failures-waiting", remove, "MessagesVisible"),
    (alarms.watch_everything, "catalog-events-age", remove, "AgeOfOldestMessage"),
    (alarms.watch_everything, "try-on-workflow-failed", remove, "ExecutionsFailed"),
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
    (vectors.encrypt_every_collection, "vectors-encryption", remove, "no encryption policy"),
    (vectors.encrypt_every_collection, "knowledge-encryption", remove, "no encryption policy"),
    (
        vectors.encrypt_every_collection,
        "vectors-encryption",
        within("policy", put("Rules.0.Resource.0", "collection/another")),
        "no encryption policy",
    ),
    (vectors.open_every_collection_on_purpose, "vectors-network", remove, "no network policy"),
    (vectors.let_somebody_use_every_collection, "vector-access-data", remove, "no data access policy"),
    (vectors.let_somebody_use_every_collection, "knowledge-data", remove, "no data access policy"),
    (
        vectors.name_who_uses_collections,
        "vector-access-data",
        within("policy", put("0.Principal.0", "*")),
        "name the roles",
    ),
    (
        vectors.name_who_uses_collections,
        "vector-access-data",
        within("policy", put("0.Principal.0", "arn:aws:iam::123456789012:root")),
        "name the roles",
    ),
    (
        vectors.name_who_uses_collections,
        "knowledge-data",
        within("policy", put("0.Rules.0.Permission.0", "aoss:*")),
        "list the permissions",
    ),
    (
        vectors.name_who_uses_collections,
        "knowledge-data",
        within("policy", put("0.Rules.0.Resource.0", "index/*/*")),
        "name the collection",
    ),
    (limits.keep_names_short, "vectors-collection", put("name", "x" * 33), "the service takes 32"),
    (limits.keep_names_short, "vectors-network", put("name", "x" * 33), "the service takes 32"),
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
    (
        api.answer_problems_everywhere,
        "api-rest",
        within("body", lambda b: b["x-amazon-apigateway-gateway-responses"].pop("DEFAULT_5XX")),
        "DEFAULT_5XX",
    ),
    (
        api.ask_for_key_and_token,
        "api-rest",
        within("body", lambda b: b["paths"]["/search"]["get"].pop("security")),
        "GET /search must ask",
    ),
    (
        api.ask_for_key_and_token,
        "api-rest",
        within("body", put("paths./search.get.security.1.cognito", [])),
        "GET /search must ask",
    ),
    (api.ask_for_strong_passwords, "auth-users", put("passwordPolicy.minimumLength", 8), "12 characters"),
    (api.ask_for_strong_passwords, "auth-users", drop("usernameConfiguration"), "caseSensitive"),
    (api.limit_every_stage, "api-settings", remove, "throttlingRateLimit"),
    (api.limit_every_stage, "api-settings", put("settings.dataTraceEnabled", True), "dataTraceEnabled"),
    (api.limit_every_stage, "api-stage", put("xrayTracingEnabled", False), "xrayTracingEnabled"),
    (api.name_the_stage_in_usage_plans, "api-plan", put("apiStages", []), "in no usage plan"),
    (api.permit_every_route, "api-invoke-get-products-id", remove, "GET /products/{id} has no permission"),
    (
        api.permit_every_route,
        "api-invoke-post-search",
        replace_text("sourceArn", "POST", "GET"),
        "POST /search has no permission",
    ),
    (api.redeploy_on_change, "api-deployment", drop("triggers"), "set triggers"),
    (
        api.route_only_to_own_functions,
        "search-function",
        put("arn", "arn:aws:lambda:x:1:function:other"),
        "outside the stack",
    ),
    (api.sign_in_by_code_only, "auth-site", put("allowedOauthFlows", ["code", "implicit"]), "code flow only"),
    (api.sign_in_by_code_only, "auth-site", put("generateSecret", False), "generateSecret"),
    (
        api.sign_in_by_code_only,
        "auth-site",
        put("allowedOauthFlows", ["code", "client_credentials"]),
        "code flow only",
    ),
    (
        api.sign_in_by_code_only,
        "auth-site",
        put("preventUserExistenceErrors", "LEGACY"),
        "preventUserExistenceErrors",
    ),
    (api.sign_in_by_code_only, "auth-site", drop("enableTokenRevocation"), "enableTokenRevocation"),
    (
        api.sign_in_by_code_only,
        "auth-site",
        put("explicitAuthFlows", ["ALLOW_USER_PASSWORD_AUTH"]),
        "no password flow",
    ),
    (api.sign_in_by_code_only, "auth-site", put("callbackUrls", ["http://shop.example/cb"]), "must be https"),
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
    (limits.answer_before_the_gateway_gives_up, "search-function", put("timeout", 30), "29 s or less"),
    (
        limits.keep_environments_small,
        "search-function",
        put("environment.variables.BIG", 4096 * "x"),
        "Lambda takes 4096",
    ),
    (limits.keep_names_short, "search-role", put("name", 65 * "x"), "the service takes 64"),
    (limits.keep_names_short, "auth-domain", put("domain", 64 * "x"), "the service takes 63"),
    (limits.match_layers, "layers-core", put("compatibleArchitectures", ["x86_64"]), "arm64"),
    (limits.match_layers, "search-function", put("runtime", "python3.9"), "python3.13"),
    (limits.reserve_no_concurrency, "search-function", put("reservedConcurrentExecutions", 5), "reserves 5"),
    (limits.keep_names_short, "chat-guardrail", put("name", 51 * "x"), "the service takes 50"),
    (
        limits.answer_before_the_gateway_gives_up,
        "realtime-lifecycle-function",
        put("timeout", 60),
        "29 s or less",
    ),
    (models.pin_guardrails, "chat-guardrail-version", remove, "has no GuardrailVersion"),
    (
        models.pin_guardrails,
        "chat-function",
        replace_setting("CHAT", "guardrail_version", "DRAFT"),
        "number of a guardrail",
    ),
    (
        models.stop_prompt_attacks,
        "chat-guardrail",
        put("contentPolicyConfig.filtersConfigs.5.inputStrength", "LOW"),
        "PROMPT_ATTACK",
    ),
    (realtime.authorize_every_connect, "realtime-on-connect-route", remove, "has no $connect route"),
    (
        realtime.authorize_every_connect,
        "realtime-on-connect-route",
        put("authorizationType", "NONE"),
        "authorizationType",
    ),
    (realtime.authorize_every_connect, "realtime-token", put("identitySources", []), "token as source"),
    (
        realtime.authorize_every_connect,
        "realtime-token",
        put("authorizerResultTtlInSeconds", 300),
        "authorizerResultTtlInSeconds",
    ),
    (realtime.limit_every_message, "realtime-stage", drop("defaultRouteSettings"), "throttlingRateLimit"),
    (
        realtime.limit_every_message,
        "realtime-stage",
        put("defaultRouteSettings.dataTraceEnabled", True),
        "dataTraceEnabled",
    ),
    (realtime.permit_every_message, "realtime-invoke-chat", remove, "no permission"),
    (
        realtime.permit_every_message,
        "realtime-authorizer-permission",
        replace_text("sourceArn", "authorizers", "v1"),
        "no permission",
    ),
    (realtime.redeploy_messages_on_change, "realtime-deployment", drop("triggers"), "set triggers"),
    (limits.trace_every_function, "search-function", drop("tracingConfig"), "tracingConfig"),
    (access.let_sources_be_read, "try-on-starter-policy", revoke("dynamodb:GetRecords"), "GetRecords"),
    (access.let_sources_be_read, "try-on-starter-policy", revoke("sqs:SendMessage"), "its destination"),
    (
        workflows.log_every_workflow,
        "try-on-workflow-machine",
        drop("loggingConfiguration"),
        "loggingConfiguration",
    ),
    (
        workflows.log_every_workflow,
        "try-on-workflow-machine",
        put("loggingConfiguration.includeExecutionData", True),
        "includeExecutionData",
    ),
    (
        workflows.log_every_workflow,
        "try-on-workflow-machine",
        drop("tracingConfiguration"),
        "tracingConfiguration",
    ),
    (
        workflows.end_every_wait,
        "try-on-workflow-machine",
        within("definition", drop("TimeoutSeconds")),
        "of the state machine",
    ),
    (
        workflows.end_every_wait,
        "try-on-workflow-machine",
        within("definition", inside("States.Work", drop("TimeoutSeconds"))),
        "TimeoutSeconds of Work",
    ),
    (
        workflows.end_every_wait,
        "try-on-workflow-machine",
        within("definition", put("States.Work.TimeoutSeconds", 9999)),
        "longer than the state machine",
    ),
    (
        workflows.retry_busy_functions,
        "try-on-workflow-machine",
        within("definition", inside("States.Close", drop("Retry"))),
        "must retry Lambda.AWSLambdaException",
    ),
    (
        workflows.retry_busy_functions,
        "try-on-workflow-machine",
        within("definition", put("States.Close.Retry.0.JitterStrategy", "NONE")),
        "jitter",
    ),
    (
        workflows.let_workflows_act,
        "try-on-workflow-policy",
        revoke("lambda:InvokeFunction"),
        "lambda:InvokeFunction",
    ),
    (workflows.let_workflows_act, "try-on-workflow-policy", revoke("sqs:SendMessage"), "sqs:SendMessage"),
    (web.keep_load_balancers_private, "edge-balancer", put("internal", False), "set internal"),
    (web.keep_load_balancers_private, "edge-balancer", drop("accessLogs"), "accessLogs"),
    (
        web.let_nobody_in_directly,
        "edge-from-cloudfront",
        drop("referencedSecurityGroupId"),
        "name the security group",
    ),
    (
        web.let_nobody_in_directly,
        "edge-load-balancer",
        put("ingress", [{"cidrBlocks": ["0.0.0.0/0"]}]),
        "ingress rules",
    ),
    (web.stand_behind_a_firewall, "edge-distribution", drop("webAclId"), "webAclId"),
    (
        web.stand_behind_a_firewall,
        "edge-distribution",
        put("defaultCacheBehavior.viewerProtocolPolicy", "allow-all"),
        "redirect-to-https",
    ),
    (
        web.stand_behind_a_firewall,
        "edge-distribution",
        put("origins", [{"originId": "site", "domainName": "shop.example"}]),
        "VPC origin",
    ),
    (web.log_what_firewalls_refuse, "edge-firewall-logging", remove, "declare its logging"),
    (
        web.log_what_firewalls_refuse,
        "edge-firewall-logging",
        put("redactedFields", []),
        "redact authorization",
    ),
    (web.log_what_firewalls_refuse, "api-firewall", put("rules", []), "rate-based"),
    (
        web.give_containers_no_rights,
        "web-definition",
        replace_text("containerDefinitions", '"user": "10001"', '"user": "root"'),
        "without rights",
    ),
    (
        web.give_containers_no_rights,
        "web-definition",
        replace_text("containerDefinitions", '"readonlyRootFilesystem": true', '"privileged": false'),
        "readonlyRootFilesystem",
    ),
    (
        web.give_containers_no_rights,
        "web-definition",
        replace_text("containerDefinitions", "@sha256:", ":latest-"),
        "by digest",
    ),
    (web.take_failed_deployments_back, "web-service", drop("deploymentCircuitBreaker"), "circuit breaker"),
    (
        web.take_failed_deployments_back,
        "web-service",
        put("networkConfiguration.assignPublicIp", True),
        "assignPublicIp",
    ),
    (web.scan_images, "web-images", put("imageTagMutability", "MUTABLE"), "IMMUTABLE"),
    (web.scan_images, "web-images", drop("imageScanningConfiguration"), "scanOnPush"),
]


def plant(stack: list[Resource], name: str, change: Change) -> list[Resource]:
    """A copy of the stack with one resource changed."""
    planted: list[Resource] = []
    for resource in stack:
        if resource.name != name:
            planted.append(resource)
            continue
        properties = {
            key: value if key == "code" else copy.deepcopy(value)
            for key, value in resource.properties.items()
        }
        try:
            change(properties)
        except KeyError:
            assert change is remove, f"{name} has no such property"
            continue
        planted.append(Resource(resource.type, name, properties, resource.protect))
    assert planted != stack, f"there is no {name}"
    return planted


@pytest.mark.parametrize(
    ("rule", "name", "change", "text"),
    PLANTED,
    ids=[f"{rule.__name__}-{name}-{number}" for number, (rule, name, _, _) in enumerate(PLANTED)],
)
def test_a_planted_violation_is_found(
    stacks: dict[str, list[Resource]], rule: Rule, name: str, change: Change, text: str
) -> None:
    # No stack has the resources of every backend.
    stack = next(
        stack
        for stack in (stacks["prod"], stacks["prod with DynamoDB"])
        if any(resource.name == name for resource in stack)
    )
    violations = list(rule(plant(stack, name, change)))
    assert any(text in violation.message for violation in violations), violations


@pytest.mark.parametrize(
    ("rule", "copied", "text"),
    [
        (api.keep_one_logging_role, "api-account", "already sets the account's logging role"),
        (data.notify_once_per_bucket, "catalog-notification", "already has a notification"),
    ],
)
def test_a_second_one_is_found(stacks: dict[str, list[Resource]], rule: Rule, copied: str, text: str) -> None:
    original = next(resource for resource in stacks["prod"] if resource.name == copied)
    twin = Resource(original.type, "twin", original.properties)
    (violation,) = rule([*stacks["prod"], twin])
    assert violation.resource == "twin" and text in violation.message


def test_removing_the_protect_option_is_found(stacks: dict[str, list[Resource]]) -> None:
    stack = [
        Resource(each.type, each.name, each.properties, each.protect and each.name != "catalog-products")
        for each in stacks["prod"]
    ]
    assert list(data.protect_all_data_or_none(stack)) == [
        Violation("catalog-products", "other data of the stack is protected; set the option protect")
    ]


def test_an_agent_with_a_draft_of_its_guardrail_is_found(stacks: dict[str, list[Resource]]) -> None:
    stack = stacks["prod with an agent"]
    change = put("guardrailConfigurations.0.guardrailVersion", "DRAFT")
    (violation,) = models.pin_guardrails(plant(stack, "chat-agent", change))
    assert violation.resource == "chat-agent"


def test_every_rule_has_a_planted_violation() -> None:
    planted = {rule for rule, _, _, _ in PLANTED} | {api.keep_one_logging_role, data.notify_once_per_bucket}
    elsewhere = {rule for rule in RULES if rule.__module__ == workflows.__name__}
    assert planted - elsewhere == set(RULES) - elsewhere


def test_every_rule_is_listed_once_and_says_what_it_wants() -> None:
    assert len({rule.__name__ for rule in RULES}) == len(RULES)
    for module in (access, api, data, limits, models, realtime, vectors, web, workflows):
        public = {
            value
            for name, value in vars(module).items()
            if callable(value) and not name.startswith("_") and value.__module__ == module.__name__
        }
        rules = {value for value in public if value.__annotations__.get("stack") is not None}
        assert rules <= set(RULES), module.__name__
    for rule in RULES:
        assert (rule.__doc__ or "").endswith("."), rule.__name__


def test_every_allowed_star_is_used_and_explained(stacks: dict[str, list[Resource]]) -> None:
    stars = [
        (action, resource)
        for stack in stacks.values()
        for policy in stack
        if policy.type == "aws:iam/rolePolicy:RolePolicy"
        for statement in policy.map("policy")["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        if "*" in resource
    ]
    import re

    for allowed in access.ALLOWED_STARS:
        assert len(allowed.reason) > 30
        assert any(re.fullmatch(allowed.actions, a) and re.fullmatch(allowed.resources, r) for a, r in stars)
