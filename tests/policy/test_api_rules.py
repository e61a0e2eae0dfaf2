"""Rules about the APIs, sign-in and models find what they forbid."""

from policies import api, models, realtime
from policies.stack import Rule
from tests.policy.planting import (
    Change,
    Planted,
    Stacks,
    drop,
    each_of,
    expect_found,
    put,
    remove,
    replace_setting,
    replace_text,
    within,
)

PLANTED: list[Planted] = [
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
]


@each_of(PLANTED)
def test_a_planted_violation_is_found(
    stacks: Stacks, rule: Rule, name: str, change: Change, text: str
) -> None:
    expect_found(stacks, rule, name, change, text)
