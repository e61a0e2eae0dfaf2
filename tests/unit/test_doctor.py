"""The doctor: each planted fault is named with what to do, and nothing it meets ends the examination."""

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from botocore.exceptions import ClientError, NoCredentialsError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.validate import validate_parameters
from rich.console import Console

from operations.doctor import __main__ as command
from operations.doctor import shopping
from operations.doctor.account import ACCOUNT
from operations.doctor.check import Check, Fault, Result, Skip, Status, run_checks
from operations.doctor.stack import Stack, StackUnknown, open_deployed, open_described
from operations.sign_in import SignInFailed
from runtime.canary.probes import Answer, ProbeFailed

WATCHED = [
    {"kind": "function", "label": "search", "dimensions": {"FunctionName": "search-1"}, "service": "search"},
    {"kind": "dead-letters", "label": "catalog-dead-letters", "dimensions": {"QueueName": "letters-1"}},
    {"kind": "api", "label": "api", "dimensions": {"ApiName": "rest-1", "Stage": "v1"}},
]
MODEL = {
    "use": "chat",
    "id": "us.a.model",
    "base_id": "a.model",
    "regions": ["us-east-1", "us-west-2"],
    "price_usd": None,
}
OUTPUTS: dict[str, Any] = {
    "api_url": "https://api/v1",
    "api_key": "key",
    "websocket_url": "wss://socket/v1",
    "user_pool_id": "pool",
    "client_id": "client",
    "scope": "stylist/shop",
    "metadata_url": "https://pool/metadata",
    "domain_url": "https://domain",
    "site_secret_arn": "arn:secret",
    "site_url": "https://shop",
    "distribution_domain": "d1.cloudfront.net",
    "catalog_bucket": "catalog",
    "products_table": "products",
    "models": [MODEL],
    "watched": json.dumps(WATCHED),
    "region": "us-east-1",
}
SITE = {
    **{name: OUTPUTS[name] for name in ("api_url", "api_key", "user_pool_id", "client_id", "metadata_url")},
    "client_secret": "secret",
    "site_url": "https://shop",
}
AVAILABLE = {
    "agreementAvailability": {"status": "AVAILABLE"},
    "authorizationStatus": "AUTHORIZED",
    "entitlementAvailability": "AVAILABLE",
    "regionAvailability": "AVAILABLE",
}


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Operation")


class Aws:
    """Answers of AWS by `service.operation`; every request is one that botocore would send."""

    def __init__(self) -> None:
        self.answers: dict[str, Any] = {
            "sts.get_caller_identity": {"Account": "1", "Arn": "arn:me"},
            "secretsmanager.get_secret_value": {"SecretString": json.dumps(SITE)},
            "bedrock.get_foundation_model_availability": AVAILABLE,
            "lambda.get_account_settings": {"AccountLimit": {"ConcurrentExecutions": 1000}},
            "lambda.get_function_configuration": {"State": "Active", "LastUpdateStatus": "Successful"},
            "apigateway.get_account": {"throttleSettings": {"rateLimit": 10000.0}},
            "cloudwatch.describe_alarms": {"MetricAlarms": [alarm("OK")]},
            "sqs.get_queue_url": {"QueueUrl": "https://queue"},
            "sqs.get_queue_attributes": {"Attributes": {"ApproximateNumberOfMessages": "0"}},
        }

    def client(self, service: str, region: str | None = None) -> Any:
        return _Client(self, service, region or "us-east-1")


@dataclass
class _Client:
    aws: Aws
    service: str
    region: str

    @property
    def exceptions(self) -> Any:
        return type("Exceptions", (), {"ResourceNotFoundException": ClientError})

    def get_paginator(self, operation: str) -> Any:
        def paginate(**arguments: Any) -> list[Any]:
            return [getattr(self, operation)(**arguments)]

        return type("Paginator", (), {"paginate": staticmethod(paginate)})

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            model = ServiceModel(Loader().load_service_model(self.service, "service-2"))
            name = next(n for n in model.operation_names if _snake(n) == operation)
            shape = model.operation_model(name).input_shape
            if shape is not None:
                validate_parameters(arguments, shape)
            answer = self.aws.answers[f"{self.service}.{operation}"]
            if callable(answer):
                answer = answer(self.region, **arguments)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def alarm(state: str, function: str = "search-1") -> dict[str, Any]:
    return {
        "AlarmName": "search-errors-1a2b3c4",
        "AlarmDescription": "search: The function failed. See docs/runbook.md#function-errors",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": function}],
        "StateValue": state,
    }


class FakeStack(Stack):
    """A stack whose AWS and whose API answer as a test says."""

    def __init__(self, aws: Aws, shop: "FakeShop", **outputs: Any) -> None:
        super().__init__("dev", {**OUTPUTS, **outputs})
        self._aws = aws
        self._shop = shop
        self.known["products"] = [{"product_id": "p1", "name": "Dress", "image_url": "https://picture"}]

    def client(self, service: str, region: str | None = None) -> Any:
        return self._aws.client(service, region)

    @property
    def shop(self) -> Any:
        return self._shop


@dataclass
class FakeShop:
    """Answers by method and path without a query; several in a row where there is a list of them."""

    answers: dict[str, Any] = field(default_factory=dict[str, Any])
    url: str = "https://api/v1"
    api_key: str = "key"

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Answer:
        answer = self.answers[f"{method} {path.partition('?')[0]}"]
        if isinstance(answer, list):
            answer = answer.pop(0)
        status, content = answer
        return Answer(status, json.dumps(content).encode(), "r-1")


@pytest.fixture
def aws() -> Aws:
    return Aws()


def examine(name: str, stack: Stack, *, paid: bool = True) -> Result:
    """The result of one check by itself."""
    everything = (*ACCOUNT, *shopping.checks(0.04, 0.21))
    check = next(check for check in everything if check.name == name)
    alone = Check(name=check.name, run=check.run, remedy=check.remedy, costs_usd=check.costs_usd)
    (result,) = run_checks([alone], stack, paid=paid)
    return result


@pytest.mark.parametrize("check", ACCOUNT, ids=lambda check: check.name)
def test_a_sound_account_passes(aws: Aws, check: Check[Stack]) -> None:
    result = examine(check.name, FakeStack(aws, FakeShop()))
    assert result.status is Status.OK, result
    assert result.detail and not result.remedy


def _in_one_region(region: str, **_: Any) -> Any:
    return {**AVAILABLE, "regionAvailability": "NOT_AVAILABLE" if region == "us-west-2" else "AVAILABLE"}


@pytest.mark.parametrize(
    ("check", "call", "answer", "says", "remedy"),
    [
        ("credentials", "sts.get_caller_identity", NoCredentialsError(), "credentials", "aws sso login"),
        ("credentials", "sts.get_caller_identity", refusal("ExpiredToken"), "ExpiredToken", "AWS_PROFILE"),
        (
            "site-secret",
            "secretsmanager.get_secret_value",
            {"SecretString": json.dumps({**SITE, "api_url": "https://old"})},
            "another api_url",
            "start the site anew",
        ),
        (
            "models",
            "bedrock.get_foundation_model_availability",
            {**AVAILABLE, "authorizationStatus": "NOT_AUTHORIZED"},
            "us.a.model (chat) in us-east-1: this account may not use it",
            "Model access",
        ),
        (
            "models",
            "bedrock.get_foundation_model_availability",
            {
                **AVAILABLE,
                "agreementAvailability": {"status": "PENDING"},
                "entitlementAvailability": "NOT_AVAILABLE",
            },
            "terms are not accepted (agreement pending)",
            "Model access",
        ),
        (
            "models",
            "bedrock.get_foundation_model_availability",
            refusal("ResourceNotFoundException"),
            "there is no such model",
            "choose other models",
        ),
        (
            "models",
            "bedrock.get_foundation_model_availability",
            _in_one_region,
            "us.a.model (chat) in us-west-2: it is not offered there",
            "each region",
        ),
        (
            "limits",
            "lambda.get_account_settings",
            {"AccountLimit": {"ConcurrentExecutions": 10}},
            "10 functions may run at once",
            "L-B99A9384",
        ),
        (
            "limits",
            "apigateway.get_account",
            {"throttleSettings": {"rateLimit": 50.0}},
            "50 requests a second",
            "L-8A5B8E43",
        ),
        (
            "functions",
            "lambda.get_function_configuration",
            {"State": "Failed", "StateReason": "the layer is gone"},
            "search is failed: the layer is gone",
            "pulumi up --refresh",
        ),
        ("functions", "lambda.get_function_configuration", refusal("x"), "search is gone", "pulumi up"),
        (
            "alarms",
            "cloudwatch.describe_alarms",
            {"MetricAlarms": [alarm("ALARM")]},
            "docs/runbook.md#function-errors",
            "runbook",
        ),
        (
            "dead-letters",
            "sqs.get_queue_attributes",
            {"Attributes": {"ApproximateNumberOfMessages": "3"}},
            "3 in catalog-dead-letters",
            "move them back",
        ),
    ],
)
def test_a_fault_of_the_account_is_named_with_what_to_do(
    aws: Aws, check: str, call: str, answer: Any, says: str, remedy: str
) -> None:
    aws.answers[call] = answer
    result = examine(check, FakeStack(aws, FakeShop()))
    assert result.status is Status.FAILED
    assert says in result.detail and remedy in result.remedy, result


def test_an_output_that_is_missing_is_named(aws: Aws) -> None:
    result = examine("outputs", FakeStack(aws, FakeShop(), websocket_url=""))
    assert result.status is Status.FAILED and "websocket_url" in result.detail


def test_alarms_of_other_stacks_are_not_ours(aws: Aws) -> None:
    aws.answers["cloudwatch.describe_alarms"] = {"MetricAlarms": [alarm("ALARM", "search-of-another")]}
    result = examine("alarms", FakeStack(aws, FakeShop()))
    assert result.status is Status.SKIPPED and "alarmEmail" in result.detail


FOUND = {"results": [{"product_id": "p1", "name": "Dress"}], "took_ms": 9.0, "backend": "dynamodb"}
DONE = {"status": "completed", "result_url": "https://look"}
PROBLEM = {"title": "Something went wrong", "detail": "Quote request r-1."}
GOOD: dict[str, Any] = {
    "GET /health": (200, {"status": "ok"}),
    "GET /capabilities": (200, {"vector_backend": "dynamodb"}),
    "GET /search": (200, FOUND),
    "POST /search": (200, FOUND),
    "POST /text": (200, {"reply": "This one.", "products": []}),
    "POST /image": (200, {"images": [{"url": "https://picture"}], "model": "m"}),
    "POST /uploads": (200, {"url": "https://bucket", "fields": {}, "model_id": "m1"}),
    "GET /models/m1": (200, {"status": "ready", "advice": []}),
    "POST /try-on": (202, {"job_id": "j1"}),
    "GET /try-on/j1": (200, DONE),
    "PUT /me/closet/favorite/p1": (200, {"item_id": "p1"}),
    "GET /me/closet": (200, {"items": [{"item_id": "p1"}]}),
    "DELETE /me/closet/favorite/p1": (200, {"deleted": "p1"}),
    "DELETE /me": (200, {"sessions": 1}),
}


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What httpx gets, by address."""
    answers: dict[str, Any] = {
        "https://picture": httpx.Response(200, content=b"x" * 2048, headers={"content-type": "image/png"}),
        "https://look": httpx.Response(200),
        "https://bucket": httpx.Response(204),
        "https://shop/_stcore/health": httpx.Response(200),
    }

    def fetch(url: str, **_: Any) -> httpx.Response:
        if isinstance(answers[url], Exception):
            raise answers[url]
        return answers[url]

    monkeypatch.setattr(shopping.httpx, "get", fetch)
    monkeypatch.setattr(shopping.httpx, "post", fetch)
    monkeypatch.setattr(shopping.time, "sleep", lambda _: None)

    def probe(shop: Any) -> None:
        if shop.answers["GET /health"][0] != 200:
            raise ProbeFailed("503: no reason was given")

    monkeypatch.setattr(shopping, "ask_health", probe)
    monkeypatch.setattr(shopping, "Shop", lambda *_: FakeShop(dict(GOOD)))
    return answers


@pytest.mark.parametrize(
    "name",
    ["health", "search-words", "search-photo", "closet", "chat", "image", "try-on", "erase", "site"],
)
def test_a_sound_shop_passes(aws: Aws, web: dict[str, Any], name: str) -> None:
    result = examine(name, FakeStack(aws, FakeShop(dict(GOOD))))
    assert result.status is Status.OK, result


@pytest.mark.parametrize(
    ("name", "route", "answer", "says", "remedy"),
    [
        ("health", "GET /health", (503, {}), "503", "firewall"),
        (
            "search-words",
            "GET /search",
            (500, PROBLEM),
            "500: Quote request r-1. (request r-1)",
            "api-errors",
        ),
        (
            "search-words",
            "GET /search",
            (200, {**FOUND, "results": []}),
            "the catalogue is empty",
            "aws s3 sync",
        ),
        (
            "search-words",
            "GET /search",
            (200, {**FOUND, "backend": "words (dynamodb unavailable)"}),
            "answered by words (dynamodb unavailable)",
            "api-errors",
        ),
        (
            "search-photo",
            "POST /search",
            (200, {"results": [{"product_id": "p2", "name": "Hat"}]}),
            "finds Hat",
            "docs/migration.md",
        ),
        ("search-photo", "POST /search", (200, {"results": []}), "finds nothing", "docs/migration.md"),
        ("closet", "PUT /me/closet/favorite/p1", (500, PROBLEM), "500", "closet"),
        ("closet", "GET /me/closet", (200, {"items": []}), "is not listed", "closet"),
        ("chat", "POST /text", (503, PROBLEM), "503", "models"),
        ("chat", "POST /text", (200, {"reply": " ", "products": []}), "the reply is empty", "chat"),
        ("chat", "POST /text", (200, {}), "not as it should be: KeyError('reply')", "chat"),
        ("image", "POST /image", (429, PROBLEM), "429", "dailyImagesPerUser"),
        (
            "try-on",
            "GET /models/m1",
            (200, {"status": "refused", "advice": ["Stand up."]}),
            "refused: Stand up.",
            "try-on-worker",
        ),
        (
            "try-on",
            "GET /try-on/j1",
            (200, {"status": "error", "error_message": "The model is too busy."}),
            "The model is too busy.",
            "workflow-failures",
        ),
        ("erase", "DELETE /me", (500, PROBLEM), "500", "profile"),
    ],
)
def test_a_fault_of_the_shop_is_named_with_what_to_do(
    aws: Aws, web: dict[str, Any], name: str, route: str, answer: Any, says: str, remedy: str
) -> None:
    result = examine(name, FakeStack(aws, FakeShop({**GOOD, route: answer})))
    assert result.status is Status.FAILED
    assert says in result.detail and remedy in result.remedy, result


def test_a_job_that_never_ends_is_given_up(
    aws: Aws, web: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shopping, "_TRY_ON_S", -1.0)
    stack = FakeStack(aws, FakeShop({**GOOD, "GET /try-on/j1": (200, {"status": "processing"})}))
    assert "still processing" in examine("try-on", stack).detail


@pytest.mark.parametrize(("hosted", "status"), [("d1.cloudfront.net", Status.FAILED), ("", Status.SKIPPED)])
def test_a_site_must_answer_where_it_is_hosted(
    aws: Aws, web: dict[str, Any], hosted: str, status: Status
) -> None:
    web["https://shop/_stcore/health"] = httpx.ConnectError("refused")
    result = examine("site", FakeStack(aws, FakeShop(), distribution_domain=hosted))
    assert result.status is status and "answer" in result.detail


@pytest.mark.parametrize(("what", "status"), [("API key", 403), ("token", 401)])
def test_an_open_door_is_found(aws: Aws, monkeypatch: pytest.MonkeyPatch, what: str, status: int) -> None:
    def shop(url: str, api_key: str = "", token: str = "") -> FakeShop:
        locked = 401 if api_key else 403
        return FakeShop({"GET /search": (200 if locked == status else locked, {})})

    monkeypatch.setattr(shopping, "Shop", shop)
    result = examine("locked-doors", FakeStack(aws, FakeShop()))
    assert result.status is Status.FAILED
    assert result.detail == f"a request without {what} is answered with 200 instead of {status}"


def test_a_page_that_needs_a_browser_is_gone_round_as_a_machine(
    aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> str:
        raise SignInFailed("no form")

    monkeypatch.setattr(shopping, "sign_in", refuse)
    monkeypatch.setattr(shopping, "read_metadata", lambda *_: {"token_endpoint": "https://token"})
    monkeypatch.setattr(shopping, "machine_token", lambda *_: "machine-token")
    stack = FakeStack(aws, FakeShop())
    stack.known["person"] = command.Person("someone", "")
    assert examine("sign-in", stack).status is Status.OK
    assert stack.token == "machine-token"
    assert examine("socket", stack).status is Status.SKIPPED

    def fail(*_: Any) -> str:
        raise ProbeFailed("no token: 400: invalid_scope")

    monkeypatch.setattr(shopping, "machine_token", fail)
    result = examine("sign-in", stack)
    assert result.status is Status.FAILED and "no form" in result.detail and "invalid_scope" in result.detail


def test_what_costs_money_is_left_out_on_request_and_says_what_it_would_cost(aws: Aws) -> None:
    for name, cost in (("chat", "0.01"), ("image", "0.04"), ("try-on", "0.21")):
        result = examine(name, FakeStack(aws, FakeShop()), paid=False)
        assert (result.status, result.detail) == (Status.SKIPPED, f"costs up to {cost} US dollars")


def test_a_check_waits_for_what_it_needs_and_a_skip_is_no_failure() -> None:
    def fail(_: None) -> str:
        raise Fault("broken", "mend it")

    def skip(_: None) -> str:
        raise Skip("nothing here")

    checks = [
        Check(name="first", run=fail, remedy="usual"),
        Check(name="second", run=lambda _: "fine", remedy="", needs=("first",)),
        Check(name="third", run=skip, remedy=""),
        Check(name="fourth", run=lambda _: "fine", remedy="", needs=("third",)),
    ]
    results = list(run_checks(checks, None, paid=True))
    assert [(r.status.value, r.detail, r.remedy) for r in results] == [
        ("failed", "broken", "mend it"),
        ("skipped", "needs first", ""),
        ("skipped", "nothing here", ""),
        ("skipped", "needs third", ""),
    ]
    assert [r.name for r in run_checks(checks, None, paid=True, only=["second"])] == ["first", "second"]


def test_every_need_is_a_check_that_comes_before_and_every_check_has_a_remedy() -> None:
    seen: set[str] = set()
    for check in (*ACCOUNT, *shopping.checks(0.04, 0.21)):
        assert set(check.needs) <= seen, check.name
        assert check.remedy, check.name
        seen.add(check.name)


@pytest.fixture
def described(tmp_path: Path) -> Path:
    file = tmp_path / "stack.json"
    file.write_text(json.dumps({"stack": "dev", "outputs": OUTPUTS, "environment": {}}))
    return file


@pytest.mark.parametrize(("failing", "code"), [(False, 0), (True, 1)])
def test_the_command_answers_with_an_exit_code_and_json(
    described: Path,
    aws: Aws,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    failing: bool,
    code: int,
) -> None:
    made: list[str] = []
    aws.answers |= {
        "cognito-idp.admin_create_user": lambda _, **given: made.append(given["Username"]) or {},
        "cognito-idp.admin_set_user_password": {},
        "cognito-idp.admin_delete_user": lambda _, **given: made.remove(given["Username"]) or {},
    }
    if failing:
        aws.answers["lambda.get_account_settings"] = {"AccountLimit": {"ConcurrentExecutions": 10}}
    monkeypatch.setattr(Stack, "client", lambda _, service, region=None: aws.client(service, region))
    asked = ["--description", str(described), "--only", "limits", "alarms"]
    assert command.main([*asked, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert [check["name"] for check in told["checks"]] == ["credentials", "outputs", "limits", "alarms"]
    assert not made, "the user that was made must be gone"

    console = Console(width=200, record=True, highlight=False)
    assert command.main(asked, console) == code
    shown = console.export_text()
    assert ("-> ask Service Quotas" in shown) is failing
    assert "key" not in shown.replace("keys", "")


def test_a_user_who_cannot_be_made_is_a_finding(
    described: Path, aws: Aws, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.answers["cognito-idp.admin_create_user"] = refusal("AccessDeniedException")
    monkeypatch.setattr(Stack, "client", lambda _, service, region=None: aws.client(service, region))
    (result,) = command.examine(open_described(described), paid=False)
    assert (result.name, result.status) == ("test-user", Status.FAILED)
    assert "AdminCreateUser" in result.remedy


def test_a_check_that_is_not_there_is_refused(described: Path) -> None:
    with pytest.raises(SystemExit, match="there is no check everything; there are alarms, "):
        command.main(["--description", str(described), "--only", "everything"])


def test_nothing_to_examine_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StackUnknown, match="a local cloud writes it"):
        open_described(tmp_path / "missing.json")
    (tmp_path / "other.json").write_text("[]")
    with pytest.raises(StackUnknown, match="does not describe a stack"):
        open_described(tmp_path / "other.json")
    assert command.main(["--description", str(tmp_path / "missing.json")], Console(quiet=True)) == 2

    def answer(code: int, out: str, err: str) -> None:
        done: subprocess.CompletedProcess[str] = subprocess.CompletedProcess([], code, out, err)
        monkeypatch.setattr(subprocess, "run", lambda *_, **__: done)

    answer(255, "", "error: no stack named 'dev' found")
    with pytest.raises(StackUnknown, match="no stack named"):
        open_deployed("dev")
    answer(0, "{}", "")
    with pytest.raises(StackUnknown, match="is not deployed"):
        open_deployed("dev")
    answer(0, json.dumps(OUTPUTS), "")
    assert open_deployed("dev").region == "us-east-1"
