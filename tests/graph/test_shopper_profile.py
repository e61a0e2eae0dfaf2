"""The function behind /me."""

import json

from components import Profile
from components._lib import iam
from tests.graph.recorder import record


def test_it_knows_all_places_and_has_the_owners_rights_there() -> None:
    def program() -> None:
        Profile(
            "profile",
            {
                "layers": ["arn:core"],
                "chat_environment": {"SESSIONS": "s", "PROFILES": "p"},
                "kept": ['[{"name": "a"}, {"name": "b"}]', '[{"name": "c"}]'],
                "kept_policies": [
                    iam.document([iam.allow(["dynamodb:Query"], ["arn:sessions"])]),
                    iam.document([iam.allow(["s3:DeleteObjectVersion"], ["arn:pictures"])]),
                ],
            },
        )

    graph = record(program)
    function = graph.get("profile-function").inputs
    assert function["handler"] == "runtime.privacy.handler.handler"
    variables = function["environment"]["variables"]
    assert variables["PROFILES"] == "p"
    assert [place["name"] for place in json.loads(variables["KEPT"])] == ["a", "b", "c"]
    statements = json.loads(graph.get("profile-policy").inputs["policy"])["Statement"]
    assert statements[-2:] == [
        {"Effect": "Allow", "Action": ["dynamodb:Query"], "Resource": ["arn:sessions"]},
        {"Effect": "Allow", "Action": ["s3:DeleteObjectVersion"], "Resource": ["arn:pictures"]},
    ]
