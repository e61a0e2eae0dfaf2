"""The function behind /me."""

import json

import pytest

from components import Profile
from components._lib import iam
from tests.graph.recorder import record


def test_it_reads_what_the_chat_keeps_with_the_owners_rights() -> None:
    def program() -> None:
        Profile(
            "profile",
            {
                "layers": ["arn:core"],
                "chat_environment": {"SESSIONS": "s", "PROFILES": "p"},
                "chat_policy": iam.document([iam.allow(["dynamodb:Query"], ["arn:sessions"])]),
            },
        )

    graph = record(program)
    function = graph.get("profile-function").inputs
    assert function["handler"] == "runtime.privacy.handler.handler"
    variables = function["environment"]["variables"]
    assert (variables["SESSIONS"], variables["PROFILES"]) == ("s", "p")
    statements = json.loads(graph.get("profile-policy").inputs["policy"])["Statement"]
    assert statements[-1] == {"Effect": "Allow", "Action": ["dynamodb:Query"], "Resource": ["arn:sessions"]}


def test_pictures_are_bound_with_their_policy_or_not_at_all() -> None:
    def program(**images: str | dict[str, str]) -> None:
        args = {
            "layers": ["arn:core"],
            "chat_environment": {"SESSIONS": "s"},
            "chat_policy": iam.document([]),
            **images,
        }
        Profile("profile", args)  # pyright: ignore[reportArgumentType]

    erase = '{"Statement": [{"Effect": "Allow", "Action": ["s3:DeleteObject"], "Resource": ["arn:p"]}]}'
    graph = record(lambda: program(images_environment={"PICTURES": "p"}, images_policy=erase))
    assert graph.get("profile-function").inputs["environment"]["variables"]["PICTURES"] == "p"
    assert "s3:DeleteObject" in graph.get("profile-policy").inputs["policy"]
    with pytest.raises(ValueError, match="images_environment: goes with images_policy"):
        record(lambda: program(images_environment={"PICTURES": "p"}))
