"""What an update of a deployed stack would replace or delete, told from two rendered graphs."""

from collections.abc import Mapping
from typing import Any

# Types whose loss is a loss of data, of addresses or of sign-ins.
STATEFUL = (
    "aws:cognito/userPool:UserPool",
    "aws:dynamodb/table:Table",
    "aws:ecr/repository:Repository",
    "aws:opensearch/serverlessCollection:ServerlessCollection",
    "aws:s3/bucket:Bucket",
    "aws:s3/vectorsIndex:VectorsIndex",
    "aws:s3/vectorsVectorBucket:VectorsVectorBucket",
    "aws:secretsmanager/secret:Secret",
)


def lost_resources(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """One sentence for each stateful resource that the engine would delete: renamed or moved without alias.

    Both are `resources` of a golden graph: `<type> <name>` to parent, inputs and aliases, if there are any.
    """
    aliases = {alias for resource in after.values() for alias in resource.get("aliases", [])}
    lost: list[str] = []
    for key, resource in sorted(before.items()):
        type_, _, name = key.partition(" ")
        if type_ not in STATEFUL or name in aliases:
            continue
        if key not in after:
            lost.append(
                f"{name} ({type_}) is gone: the update deletes it; give its successor the alias {name}"
            )
        elif after[key]["parent"] != resource["parent"]:
            lost.append(
                f"{name} ({type_}) has moved to {after[key]['parent']}: give it an alias with its parent"
            )
    return lost
