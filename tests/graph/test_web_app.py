"""The site's service: an image by digest, a container without rights, a deployment that takes itself back."""

import json
from typing import Any

import pulumi
import pytest
from botocore.model import OperationModel

from components import ImageBuilder, WebApp
from components._lib import iam
from components._lib.image.builder import source_digest, source_files
from tests.graph.recorder import Graph, record
from tests.unit.test_site_image import DIGEST, TAG, Account

SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:site-Ab12Cd"


def record_app(preview: bool = False, **changes: Any) -> Graph:
    def program() -> None:
        app = WebApp(
            "web",
            {
                "site_environment": {"SITE_SECRET_ARN": SECRET},
                "site_policy": iam.document([iam.allow(["secretsmanager:GetSecretValue"], [SECRET])]),
                "vpc_id": "vpc-1",
                "private_subnet_ids": ["subnet-1", "subnet-2"],
                "target_group_arn": "arn:target",
                "load_balancer_group_id": "sg-balancer",
                "layers": ["arn:core"],
                **changes,
            },
        )
        pulumi.export("image", app.image)

    return record(program, preview=preview)


@pytest.fixture(scope="module")
def app() -> Graph:
    return record_app()


def container(graph: Graph) -> dict[str, Any]:
    (only,) = json.loads(graph.get("web-definition").inputs["containerDefinitions"])
    return only


def test_a_site_elsewhere_declares_nothing() -> None:
    graph = record_app(hosted=False)
    assert [resource.name for resource in graph.resources] == ["web"]
    assert graph.exports["image"] == ""


def test_the_image_runs_by_digest_however_it_is_built(app: Graph) -> None:
    digest = f"sha256:{'0' * 64}"
    assert app.exports["image"].endswith(f"web-images-1a2b3c4@{digest}")
    assert container(app)["image"] == app.exports["image"]
    build = app.get("web-build").inputs
    assert json.loads(build["input"]) == {"tag": source_digest()}
    assert build["lifecycleScope"] == "CREATE_ONLY"


def test_docker_builds_it_for_the_tasks_processor_and_not_in_a_preview() -> None:
    graph = record_app(builder=ImageBuilder.DOCKER)
    (image,) = graph.of_type("docker-build:index:Image")
    assert image.inputs["platforms"] == ["linux/arm64"]
    assert image.inputs["push"] is True and image.inputs["buildOnPreview"] is False
    assert not graph.of_type("aws:codebuild/project:Project")


def test_the_container_may_do_nothing_but_serve(app: Graph) -> None:
    site = container(app)
    assert site["user"] == "10001"
    assert site["readonlyRootFilesystem"] is True
    assert site["linuxParameters"]["capabilities"] == {"drop": ["ALL"]}
    assert site["environment"] == [{"name": "SITE_SECRET_ARN", "value": SECRET}]
    (mount,) = site["mountPoints"]
    assert (mount["sourceVolume"], mount["readOnly"]) == ("tmp", False)
    assert app.get("web-definition").inputs["runtimePlatform"]["cpuArchitecture"] == "ARM64"


def test_the_task_reads_its_secret_and_nothing_else(app: Graph) -> None:
    policy = json.loads(app.get("web-task-policy").inputs["policy"])
    assert policy["Statement"] == [
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": [SECRET]}
    ]
    assert (
        app.get("web-definition").inputs["taskRoleArn"]
        != app.get("web-definition").inputs["executionRoleArn"]
    )


def test_a_deployment_that_fails_takes_itself_back(app: Graph) -> None:
    service = app.get("web-service").inputs
    assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
    assert service["deploymentMinimumHealthyPercent"] == 100
    assert service["networkConfiguration"]["assignPublicIp"] is False


def test_only_the_load_balancer_reaches_the_tasks(app: Graph) -> None:
    (ingress,) = app.of_type("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule")
    assert ingress.inputs["referencedSecurityGroupId"] == "sg-balancer"
    out = [r.inputs for r in app.of_type("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule")]
    assert {(each.get("cidrIpv4"), each["fromPort"]) for each in out} == {(None, 8501), ("0.0.0.0/0", 443)}


def test_the_service_grows_with_its_load(app: Graph) -> None:
    target = app.get("web-tasks-range").inputs
    assert (target["minCapacity"], target["maxCapacity"]) == (2, 6)
    tracking = app.get("web-tasks-by-load").inputs["targetTrackingScalingPolicyConfiguration"]
    assert tracking["scaleInCooldown"] > tracking["scaleOutCooldown"]


def test_the_builder_may_start_builds_of_its_project_only(app: Graph) -> None:
    statements = json.loads(app.get("web-builder-policy").inputs["policy"])["Statement"]
    allowed = {action: s["Resource"] for s in statements for action in s["Action"]}
    assert allowed["codebuild:StartBuild"] == [app.get("web-project").state["arn"]]
    assert allowed["ecr:DescribeImages"] == [app.get("web-images").state["arn"]]


def test_every_permission_of_the_builder_is_asked_for_and_no_other(app: Graph) -> None:
    account, asked = Account(), set[str]()

    def note(model: OperationModel, **_: object) -> None:
        service = model.service_model.endpoint_prefix.removeprefix("api.")
        asked.add(f"{service}:{model.name}")

    for client in (account.codebuild, account.ecr):
        client.meta.events.register("before-parameter-build", note)
    with account.builds, account.images:
        account.image(found=False)
        account.build("IN_PROGRESS", "SUCCEEDED")
        account.image(found=True)
        assert account.builder().provide(TAG) == DIGEST
    policy = json.loads(app.get("web-builder-policy").inputs["policy"])
    granted = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert {action for action in granted if not action.startswith(("logs:", "xray:"))} == asked


def test_the_image_holds_the_site_and_nothing_else() -> None:
    files = source_files()
    assert {"ui/app.py", "ui/Dockerfile", "requirements/site.txt", "ui/theme.css"} <= set(files)
    assert all(path.startswith("ui/") or path == "requirements/site.txt" for path in files)
    assert files == sorted(files)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"cpu": 300}, "cpu: Fargate has no 300 units"),
        ({"cpu": 256, "memory_mb": 8192}, "memory_mb: 8192 does not go with cpu 256"),
        ({"memory_mb": 1500}, "memory_mb: 1500 does not go with cpu 512"),
        ({"min_tasks": 3, "max_tasks": 2}, "min_tasks: 3 and max_tasks: 2 leave no room"),
        ({"builder": "kaniko"}, "'kaniko' is not a valid ImageBuilder"),
    ],
)
def test_wrong_inputs_are_named(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        record_app(**changes)


def test_a_first_preview_knows_no_digest_and_still_works(app: Graph) -> None:
    preview = record_app(preview=True)
    assert {(r.type, r.name) for r in preview.resources} == {(r.type, r.name) for r in app.resources}
