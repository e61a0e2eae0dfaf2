"""JSON texts of values that hold Outputs."""

import json

import pulumi
import pulumi_aws as aws

from components._lib.texts import dump_json
from tests.graph.recorder import Secret, record


def test_a_text_is_the_one_that_pulumi_would_write() -> None:
    def program() -> None:
        later = pulumi.Output.from_input({"z": 1, "a": None})
        value = {"b": [later, ("y", pulumi.Output.from_input("ü"))], "a": {}, "c": 0.5}
        pulumi.export("own", dump_json(value))
        pulumi.export("theirs", pulumi.Output.json_dumps(value, sort_keys=True))
        pulumi.export("short", dump_json(value, separators=(",", ":")))
        pulumi.export("known", dump_json({"b": [1], "a": "x"}))

    texts = record(program).exports
    assert texts["own"] == texts["theirs"]
    assert json.loads(texts["short"]) == json.loads(texts["own"]) and " " not in texts["short"]
    assert texts["known"] == '{"a": "x", "b": [1]}'


def test_secrets_stay_secret_and_what_is_unknown_unknown() -> None:
    def program() -> None:
        queue = aws.sqs.Queue("queue")
        pulumi.export("secret", dump_json({"key": pulumi.Output.secret("s")}))
        pulumi.export("later", dump_json([queue.arn]))

    assert record(program).exports["secret"] == Secret('{"key": "s"}')
    assert record(program, preview=True).exports["later"] is pulumi.UNKNOWN


def test_what_a_text_is_made_of_is_waited_for() -> None:
    def program() -> None:
        queue = aws.sqs.Queue("queue")
        aws.sqs.Queue("other", redrive_policy=dump_json({"deadLetterTargetArn": queue.arn}))

    (dependency,) = record(program).get("other").dependencies
    assert dependency == "queue"
