"""Having the site's image built: found where it is there, built once, waited for, and told when it fails."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from runtime.site_image.handler import BuildEvent
from runtime.site_image.logic import BuildFailed, ImageBuilder

TAG = "a" * 64
DIGEST = f"sha256:{'b' * 64}"
BUILD = "web-project:1"


class Account:
    """CodeBuild and ECR behind botocore's own checks of every request and answer."""

    def __init__(self) -> None:
        session = boto3.Session("key", "secret", region_name="us-east-1")
        self.codebuild = session.client("codebuild")
        self.ecr = session.client("ecr")
        self.builds, self.images = Stubber(self.codebuild), Stubber(self.ecr)
        self.waited: list[float] = []

    def builder(self, patience: int = 60) -> ImageBuilder:
        return ImageBuilder(self.codebuild, self.ecr, "web-project", "web", patience, self.waited.append)

    def image(self, found: bool) -> None:
        asked = {"repositoryName": "web", "imageIds": [{"imageTag": TAG}]}
        if found:
            self.images.add_response("describe_images", {"imageDetails": [{"imageDigest": DIGEST}]}, asked)
        else:
            self.images.add_client_error("describe_images", "ImageNotFoundException", expected_params=asked)

    def build(self, *states: str) -> None:
        started = {
            "projectName": "web-project",
            "idempotencyToken": TAG,
            "environmentVariablesOverride": [{"name": "TAG", "value": TAG, "type": "PLAINTEXT"}],
        }
        self.builds.add_response("start_build", {"build": {"id": BUILD}}, started)
        for state in states:
            answer = {"builds": [{"id": BUILD, "buildStatus": state}]}
            self.builds.add_response("batch_get_builds", answer, {"ids": [BUILD]})


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account()
    with account.builds, account.images:
        yield account
    account.builds.assert_no_pending_responses()
    account.images.assert_no_pending_responses()


def test_an_image_that_is_there_is_not_built_again(account: Account) -> None:
    account.image(found=True)
    assert account.builder().provide(TAG) == DIGEST


def test_a_missing_image_is_built_and_waited_for(account: Account) -> None:
    account.image(found=False)
    account.build("IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED")
    account.image(found=True)
    assert account.builder().provide(TAG) == DIGEST
    assert account.waited == [5, 5]


@pytest.mark.parametrize("state", ["FAILED", "FAULT", "STOPPED", "TIMED_OUT"])
def test_a_failed_build_is_told_with_its_id(account: Account, state: str) -> None:
    account.image(found=False)
    account.build(state)
    with pytest.raises(BuildFailed, match=f"{BUILD} ended as {state}"):
        account.builder().provide(TAG)


def test_patience_ends(account: Account) -> None:
    account.image(found=False)
    account.build("IN_PROGRESS", "IN_PROGRESS")
    with pytest.raises(BuildFailed, match="still running after 10 s"):
        account.builder(patience=10).provide(TAG)


def test_a_build_without_an_image_is_told(account: Account) -> None:
    account.image(found=False)
    account.build("SUCCEEDED")
    account.image(found=False)
    with pytest.raises(BuildFailed, match="no image"):
        account.builder().provide(TAG)


@pytest.mark.parametrize("event", [{}, {"tag": "latest"}, {"tag": TAG + "0"}])
def test_a_tag_that_is_no_digest_is_refused(event: Any) -> None:
    with pytest.raises(ValueError, match="tag"):
        BuildEvent.model_validate(event)
