"""The roles that workflows deploy with: enough for every resource of the program, and not more than that."""

import json
import re
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from components import DeploymentRoles
from components._lib.deploying.names import ROLE_NAMES
from components._lib.deploying.right import Area, Rights
from components._lib.deploying.rights import PASSED_TO, RIGHTS
from operations.evaluation.graph import Graph
from tests.graph.recorder import known_stack, record

POLICY = "aws:iam/policy:Policy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
# IAM's: characters of a managed policy, and managed policies of a role.
_LARGEST, _MOST_POLICIES = 6_144, 20
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "dev": ("dev", {}),
    "staging": ("staging", {}),
    "prod": ("prod", {}),
    "S3 Vectors": ("dev", {"vectorBackend": "s3vectors"}),
    "an agent, a keyed weather service": ("dev", {"chatEngine": "agent", "hasAgentsClassic": True}),
    "everything else": (
        "prod",
        {
            "ranker": "personalize",
            "clusterTrainer": "sagemaker",
            "migrateToBackend": "dynamodb",
            "imageBuilder": "docker",
            "tryOnProvider": "sagemaker",
            "tryOnEndpoint": "try-on",
            "tryOnPriceUsd": "0.05",
            "allowedCidrs": '["203.0.113.0/24"]',
        },
    ),
}
# Types that AWS knows by a name, which Pulumi makes of the logical one.
_NAMED = {
    "aws:budgets/budget:Budget",
    "aws:cloudwatch/eventRule:EventRule",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:codebuild/project:Project",
    "aws:dynamodb/table:Table",
    "aws:ecr/repository:Repository",
    "aws:iam/role:Role",
    "aws:lambda/function:Function",
    "aws:s3/bucket:Bucket",
    "aws:secretsmanager/secret:Secret",
    "aws:sfn/stateMachine:StateMachine",
    "aws:sns/topic:Topic",
    "aws:sqs/queue:Queue",
}
# Names of the API's operations where IAM's actions are called otherwise.
_SERVICE_MODELS = {
    "application-autoscaling": ("application-autoscaling",),
    "aoss": ("opensearchserverless",),
    "bedrock": ("bedrock", "bedrock-agent"),
    "elasticloadbalancing": ("elbv2",),
    "states": ("stepfunctions",),
}
# IAM has actions of its own for these: the operations are other ones, or none.
_OWN_ACTIONS = {
    "apigateway": {"DELETE", "GET", "PATCH", "POST", "PUT", "SetWebACL"},
    "budgets": {"ModifyBudget", "ViewBudget"},
    "cloudfront": set[str](),
    "ec2": {"Describe*"},
    "lambda": {"InvokeFunction"},
    "logs": {
        "CreateLogDelivery",
        "DeleteLogDelivery",
        "GetLogDelivery",
        "ListLogDeliveries",
        "UpdateLogDelivery",
    },
    "s3": {
        "DeleteObjectVersion",
        "GetAccelerateConfiguration",
        "GetBucketCORS",
        "GetBucketNotification",
        "GetBucketObjectLockConfiguration",
        "GetBucketPublicAccessBlock",
        "GetEncryptionConfiguration",
        "GetLifecycleConfiguration",
        "GetReplicationConfiguration",
        "ListBucket",
        "ListBucketVersions",
        "PutBucketCORS",
        "PutBucketNotification",
        "PutBucketPublicAccessBlock",
        "PutEncryptionConfiguration",
        "PutLifecycleConfiguration",
    },
}


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {name: known_stack(stack, **changes) for name, (stack, changes) in VARIANTS.items()}


@pytest.fixture(scope="module")
def roles() -> Graph:
    return record(lambda: DeploymentRoles("ci", {"repository": "shop/stylist", "environment": "prod"}))


def rights_of(type_: str) -> list[Rights]:
    return [rights for rights in RIGHTS if type_ in rights.types]


@pytest.mark.parametrize("name", VARIANTS)
def test_whoever_deploys_may_make_every_type_of_resource(graphs: dict[str, Graph], name: str) -> None:
    for type_ in {resource.type for resource in graphs[name].resources if resource.custom}:
        found = rights_of(type_)
        assert len(found) == 1, f"{type_}: add it to components/_lib/deploying with its actions"
        assert found[0].change


@pytest.mark.parametrize("name", VARIANTS)
def test_names_go_as_far_as_the_resources_are_called(graphs: dict[str, Graph], name: str) -> None:
    """What is autonamed begins with its component's name, and the rights know all of those."""
    for resource in graphs[name].resources:
        if resource.type not in _NAMED:
            continue
        (rights,) = rights_of(resource.type)
        given = str(resource.inputs.get("name", ""))
        covered = any(resource.name.startswith(f"{each}-") for each in rights.names)
        assert covered or given.startswith("aws-waf-logs-"), (resource.type, resource.name)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_role_may_be_handed_to_its_service(graphs: dict[str, Graph], name: str) -> None:
    for role in graphs[name].of_type("aws:iam/role:Role"):
        assert role.name.startswith(tuple(f"{each}-" for each in ROLE_NAMES)), role.name
        trust = json.loads(role.inputs["assumeRolePolicy"])["Statement"][0]
        assert trust["Principal"]["Service"] in PASSED_TO, role.name


def test_no_type_is_named_that_the_program_does_not_have(graphs: dict[str, Graph]) -> None:
    there = {resource.type for graph in graphs.values() for resource in graph.resources}
    assert {type_ for rights in RIGHTS for type_ in rights.types} <= there


@pytest.mark.parametrize(
    "rights", RIGHTS, ids=lambda rights: f"{rights.service}-{'-'.join(rights.types[:1])}"
)
def test_actions_are_operations_of_the_service(rights: Rights) -> None:
    actions = {*rights.read, *rights.change} - _OWN_ACTIONS.get(rights.service, set())
    operations = {
        operation
        for model in _SERVICE_MODELS.get(rights.service, (rights.service,))
        for operation in ServiceModel(Loader().load_service_model(model, "service-2")).operation_names
    }
    operations = {re.sub(r"\d{4}_\d\d_\d\d$|V2$", "", operation) for operation in operations} | operations
    assert actions <= operations


def test_everything_has_a_reason_and_nothing_is_read_that_is_kept() -> None:
    for rights in RIGHTS:
        assert ("*" in rights.resources) == bool(rights.why_all), rights.types
        secrets = (
            "GetObject",
            "GetItem",
            "GetSecretValue",
            "Scan",
            "Query",
            "ReceiveMessage",
            "InvokeFunction",
        )
        assert not set(rights.read) & set(secrets), rights.types
        assert not any(re.match("(Put|Delete|Update|Create|Tag|Modify|Set)", each) for each in rights.read)


def documents(graph: Graph) -> dict[str, Mapping[str, Any]]:
    return {each.name: json.loads(each.inputs["policy"]) for each in graph.of_type(POLICY)}


def attached(graph: Graph, role: str) -> set[str]:
    arns = {each.state["arn"]: each.name for each in graph.of_type(POLICY)}
    name = graph.get(role).state["name"]
    return {
        arns[each.inputs["policyArn"]] for each in graph.of_type(ATTACHMENT) if each.inputs["role"] == name
    }


def test_iam_takes_the_policies(roles: Graph) -> None:
    for name, document in documents(roles).items():
        assert document["Statement"], f"{name} would be empty"
        assert len(json.dumps(document, separators=(",", ":"))) <= _LARGEST, name
    assert len(attached(roles, "ci-deploy-role")) <= _MOST_POLICIES


def test_a_preview_changes_nothing_and_a_deployment_reads_as_well(roles: Graph) -> None:
    reading = {name for name in documents(roles) if "-read-" in name}
    given = set(documents(roles)) - {"ci-boundary"}
    assert attached(roles, "ci-preview-role") == reading
    assert attached(roles, "ci-deploy-role") == given
    assert {area.value for area in Area} == {name.rpartition("-")[2] for name in given}


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("ci-preview-role", "repo:shop/stylist:pull_request"),
        ("ci-deploy-role", "repo:shop/stylist:environment:prod"),
    ],
)
def test_only_runs_of_the_repository_take_the_roles(roles: Graph, role: str, subject: str) -> None:
    (statement,) = json.loads(roles.get(role).inputs["assumeRolePolicy"])["Statement"]
    assert statement["Action"] == "sts:AssumeRoleWithWebIdentity"
    assert statement["Principal"] == {"Federated": roles.get("ci-github").state["arn"]}
    assert statement["Condition"] == {
        "StringEquals": {
            "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
            "token.actions.githubusercontent.com:sub": subject,
        }
    }


def test_roles_are_made_for_the_project_and_handed_to_known_services_only(roles: Graph) -> None:
    statements = documents(roles)["ci-change-access"]["Statement"]
    by_action = {action: each for each in statements for action in each["Action"]}
    boundary = {"iam:PermissionsBoundary": roles.get("ci-boundary").state["arn"]}
    assert by_action["iam:CreateRole"]["Condition"] == {
        "StringEquals": {"aws:RequestTag/project": "virtual-stylist"} | boundary
    }
    for action in ("AttachRolePolicy", "PutRolePermissionsBoundary", "PutRolePolicy"):
        assert by_action[f"iam:{action}"]["Condition"] == {
            "StringEquals": {"aws:ResourceTag/project": "virtual-stylist"} | boundary
        }
    assert by_action["iam:DeleteRole"]["Condition"] == {
        "StringEquals": {"aws:ResourceTag/project": "virtual-stylist"}
    }
    assert "iam:DeleteRolePermissionsBoundary" not in by_action
    assert not any(action.startswith("iam:CreatePolicy") for action in by_action)
    assert by_action["iam:PassRole"]["Condition"] == {
        "StringEquals": {"iam:PassedToService": list(PASSED_TO)}
    }
    assert "iam:CreateUser" not in by_action and "iam:CreateAccessKey" not in by_action
    for each in statements:
        assert all(resource.startswith("arn:aws:iam::123456789012:role/") for resource in each["Resource"])


def used_actions(graph: Graph) -> set[str]:
    policies = [json.loads(each.inputs["policy"]) for each in graph.of_type("aws:iam/rolePolicy:RolePolicy")]
    statements = [statement for policy in policies for statement in policy["Statement"]]
    return {action for statement in statements for action in statement["Action"]}


def test_the_boundary_holds_what_roles_use_and_no_more(graphs: dict[str, Graph], roles: Graph) -> None:
    allowed = documents(roles)["ci-boundary"]["Statement"]
    actions = {action for statement in allowed for action in statement["Action"]}
    used = {action for graph in graphs.values() for action in used_actions(graph)}
    missing, idle = used - actions, actions - used
    assert not missing, f"add them to components/_lib/deploying/boundary.py: {missing}"
    assert not idle, f"no role uses them any more: {idle}"


def test_under_the_boundary_roles_are_passed_to_the_program_s_services_only(roles: Graph) -> None:
    (passing,) = (
        each
        for each in documents(roles)["ci-boundary"]["Statement"]
        if any(action.startswith("iam:") for action in each["Action"])
    )
    assert passing["Action"] == ["iam:PassRole"]
    assert passing["Condition"] == {"StringEquals": {"iam:PassedToService": list(PASSED_TO)}}


def test_a_boundary_of_one_s_own_is_used() -> None:
    arn = "arn:aws:iam::123456789012:policy/ours"
    graph = record(
        lambda: DeploymentRoles(
            "ci", {"repository": "a/b", "environment": "dev", "permissions_boundary_arn": arn}
        )
    )
    assert "ci-boundary" not in documents(graph)
    statements = documents(graph)["ci-change-access"]["Statement"]
    (creating,) = (each for each in statements if "iam:CreateRole" in each["Action"])
    assert creating["Condition"]["StringEquals"]["iam:PermissionsBoundary"] == arn


def test_a_provider_that_is_there_is_used() -> None:
    graph = record(
        lambda: DeploymentRoles(
            "ci", {"repository": "a/b", "environment": "dev", "provider_arn": "arn:provider"}
        )
    )
    assert not graph.of_type("aws:iam/openIdConnectProvider:OpenIdConnectProvider")
    trust = json.loads(graph.get("ci-deploy-role").inputs["assumeRolePolicy"])
    assert trust["Statement"][0]["Principal"] == {"Federated": "arn:provider"}


@pytest.mark.parametrize(
    ("repository", "environment", "says"),
    [
        ("stylist", "prod", "repository: 'stylist' is none; write owner/name"),
        ("shop/*", "prod", "repository"),
        ("shop/stylist", "", "environment: '' is none"),
        ("shop/stylist", "*", "environment"),
    ],
)
def test_a_wider_trust_is_refused(repository: str, environment: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)):
        record(lambda: DeploymentRoles("ci", {"repository": repository, "environment": environment}))
