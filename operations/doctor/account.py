"""Checks of what surrounds a stack: account, models, limits, alarms, dead letters, functions."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from operations.doctor.check import Check, Fault, Skip
from operations.doctor.stack import Stack

# A conversation holds a function for seconds; a new account has 10 in all.
_LEAST_CONCURRENCY = 100
_LEAST_REQUESTS = 100.0
_ALARMED = ("api", "dead-letters", "function", "queue", "service", "targets", "workflow")
_OUTPUTS = (
    "api_url",
    "api_key",
    "websocket_url",
    "user_pool_id",
    "client_id",
    "scope",
    "metadata_url",
    "domain_url",
    "site_secret_arn",
    "catalog_bucket",
    "products_table",
    "models",
    "watched",
    "region",
)


def find_credentials(stack: Stack) -> str:
    who = stack.client("sts").get_caller_identity()
    return f"account {who['Account']} as {who['Arn']} in {stack.region}"


def find_outputs(stack: Stack) -> str:
    stack.require(*_OUTPUTS)
    return f"{len(stack.outputs)} outputs"


def find_site_secret(stack: Stack) -> str:
    """The secret must say the same as the outputs, or the site talks to something else."""
    for name in ("api_url", "api_key", "user_pool_id", "client_id"):
        if stack.site.get(name) != stack.outputs[name]:
            raise Fault(f"the site's secret has another {name} than the stack")
    return "the site reads what the stack says"


def find_models(stack: Stack) -> str:
    """Every model, in every region in which it may be called.

    https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetFoundationModelAvailability.html
    """
    closed: list[str] = []
    for model in stack.outputs["models"]:
        for region in model["regions"]:
            reason = _closed(stack, model["base_id"], region)
            if reason:
                closed.append(f"{model['id']} ({model['use']}) in {region}: {reason}")
    if closed:
        raise Fault("; ".join(closed))
    return ", ".join(sorted({model["id"] for model in stack.outputs["models"]}))


def _closed(stack: Stack, model_id: str, region: str) -> str:
    """Why a model cannot be called; empty when it can."""
    bedrock = stack.client("bedrock", region)
    try:
        found = bedrock.get_foundation_model_availability(modelId=model_id)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("ResourceNotFoundException", "ValidationException"):
            return "there is no such model (any more)"
        raise
    if found["regionAvailability"] != "AVAILABLE":
        return "it is not offered there"
    if found["authorizationStatus"] != "AUTHORIZED":
        return "this account may not use it"
    agreement = found["agreementAvailability"]["status"]
    if "AVAILABLE" not in (agreement, found["entitlementAvailability"]) or agreement in ("PENDING", "ERROR"):
        return f"its terms are not accepted (agreement {agreement.lower()})"
    return ""


def find_limits(stack: Stack) -> str:
    """The account's concurrency of functions and rate of API requests."""
    limit = stack.client("lambda").get_account_settings()["AccountLimit"]
    free = int(limit.get("UnreservedConcurrentExecutions", limit["ConcurrentExecutions"]))
    if free < _LEAST_CONCURRENCY:
        raise Fault(
            f"{free} functions may run at once in the account, of which a shop of any size needs "
            f"{_LEAST_CONCURRENCY}",
            'ask Service Quotas for more "Concurrent executions" of AWS Lambda (L-B99A9384)',
        )
    rate = float(stack.client("apigateway").get_account().get("throttleSettings", {}).get("rateLimit", 0))
    if 0 < rate < _LEAST_REQUESTS:
        raise Fault(
            f"API Gateway takes {rate:.0f} requests a second of this account",
            'ask Service Quotas for more "Throttle rate" of Amazon API Gateway (L-8A5B8E43)',
        )
    return f"{free} functions at once" + (f", {rate:.0f} requests a second" if rate else "")


def find_functions(stack: Stack) -> str:
    functions, wrong = stack.client("lambda"), list[str]()
    rows = stack.watched("function")
    for row in rows:
        try:
            found = functions.get_function_configuration(FunctionName=row["dimensions"]["FunctionName"])
        except functions.exceptions.ResourceNotFoundException:
            wrong.append(f"{row['label']} is gone")
            continue
        state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
        if state not in ("Active", "Inactive") or update == "Failed":
            reason = found.get("StateReason") or found.get("LastUpdateStatusReason") or "no reason given"
            wrong.append(f"{row['label']} is {state.lower()}: {reason}")
    if wrong:
        raise Fault("; ".join(wrong))
    return f"{len(rows)} functions are there"


def find_alarms(stack: Stack) -> str:
    """Alarms of the stack's own parts: those of other stacks have other dimensions."""
    rows = [row for kind in _ALARMED for row in stack.watched(kind)]
    ours = {value for row in rows for name, value in row["dimensions"].items() if name != "Stage"}
    raised: list[str] = []
    count = 0
    for page in stack.client("cloudwatch").get_paginator("describe_alarms").paginate():
        for alarm in page.get("MetricAlarms", []):
            values = {each["Value"] for each in alarm.get("Dimensions", [])}
            if not values & ours:
                continue
            count += 1
            if alarm["StateValue"] == "ALARM":
                raised.append(_describe(alarm))
    if raised:
        raise Fault("; ".join(raised))
    if not count:
        raise Skip("the stack has no alarms (alarmEmail is not set)")
    return f"none of {count} is raised"


def _describe(alarm: Mapping[str, Any]) -> str:
    return f"{alarm['AlarmName']}: {alarm.get('AlarmDescription') or alarm['MetricName']}"


def find_dead_letters(stack: Stack) -> str:
    queues, waiting = stack.client("sqs"), list[str]()
    rows = stack.watched("dead-letters")
    for row in rows:
        url = queues.get_queue_url(QueueName=row["dimensions"]["QueueName"])["QueueUrl"]
        name = "ApproximateNumberOfMessages"
        found = queues.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"]
        if count := int(found[name]):
            waiting.append(f"{count} in {row['label']}")
    if waiting:
        raise Fault(f"letters wait: {', '.join(waiting)}")
    return f"{len(rows)} queues are empty"


ACCOUNT: tuple[Check[Stack], ...] = (
    Check(
        name="credentials",
        run=find_credentials,
        remedy="sign in to the account, as with `aws sso login`, or set AWS_PROFILE",
    ),
    Check(
        name="outputs",
        run=find_outputs,
        remedy="run `pulumi up`: the stack was deployed by an older program, or not to its end",
    ),
    Check(
        name="site-secret",
        run=find_site_secret,
        needs=("credentials", "outputs"),
        remedy="run `pulumi up`, then start the site anew: it reads the secret at its start",
    ),
    Check(
        name="models",
        run=find_models,
        needs=("credentials", "outputs"),
        remedy="ask for access on the page Model access of the Bedrock console, in each region named, or "
        "choose other models (chatModel, imageModel, embedder)",
    ),
    Check(
        name="limits",
        run=find_limits,
        needs=("credentials", "outputs"),
        remedy="see Service Quotas of AWS Lambda and Amazon API Gateway",
    ),
    Check(
        name="functions",
        run=find_functions,
        needs=("credentials", "outputs"),
        remedy="run `pulumi up --refresh`; what was changed by hand is put right",
    ),
    Check(
        name="alarms",
        run=find_alarms,
        needs=("credentials", "outputs"),
        remedy="see the section of docs/runbook.md that the alarm names",
    ),
    Check(
        name="dead-letters",
        run=find_dead_letters,
        needs=("credentials", "outputs"),
        remedy="see docs/runbook.md#dead-letters: read one, mend the cause, move them back",
    ),
)
"""In the order in which they run."""
