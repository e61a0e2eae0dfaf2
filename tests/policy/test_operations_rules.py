"""Rules about alarms, sizes and names find what they forbid."""

from policies import alarms, limits
from policies.stack import Rule
from tests.policy.planting import Change, Planted, Stacks, drop, each_of, expect_found, put, remove

PLANTED: list[Planted] = [
    (alarms.act_on_every_alarm, "search-errors", put("alarmActions", []), "set alarmActions"),
    (alarms.act_on_every_alarm, "search-errors", put("alarmActions", ["arn:elsewhere"]), "of this stack"),
    (alarms.act_on_every_alarm, "search-errors", drop("treatMissingData"), "set treatMissingData"),
    (alarms.act_on_every_alarm, "search-errors", put("alarmDescription", "Oh."), "section of the runbook"),
    (
        alarms.have_somebody_listen,
        "alarms-budget",
        put("notifications.1.subscriberSnsTopicArns", []),
        "every notification",
    ),
    (alarms.have_somebody_listen, "alarms-mail", put("topic", "arn:elsewhere"), "nobody has subscribed"),
    (alarms.have_somebody_listen, "alarms-budget", put("notifications", []), "no budget tells"),
    (alarms.watch_everything, "search-errors", remove, "no alarm for Errors"),
    (alarms.watch_everything, "search-throttles", remove, "no alarm for Throttles"),
    (alarms.watch_everything, "catalog-dead-letters-waiting", remove, "MessagesVisible"),
    (alarms.watch_everything, "clusters-failures-waiting", remove, "MessagesVisible"),
    (alarms.watch_everything, "catalog-events-age", remove, "AgeOfOldestMessage"),
    (alarms.watch_everything, "try-on-workflow-failed", remove, "ExecutionsFailed"),
    (limits.keep_names_short, "vectors-collection", put("name", "x" * 33), "the service takes 32"),
    (limits.keep_names_short, "vectors-network", put("name", "x" * 33), "the service takes 32"),
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
    (limits.trace_every_function, "search-function", drop("tracingConfig"), "tracingConfig"),
]


@each_of(PLANTED)
def test_a_planted_violation_is_found(
    stacks: Stacks, rule: Rule, name: str, change: Change, text: str
) -> None:
    expect_found(stacks, rule, name, change, text)
