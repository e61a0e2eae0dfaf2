"""An image by its tag: found, or built and waited for."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

from runtime.shared.aws import read_code

_LOOK_EVERY_SECONDS = 5
_RUNNING = "IN_PROGRESS"


class BuildFailed(Exception):
    """CodeBuild did not produce the image; the text names the build, whose log tells why."""


class ImageBuilder:
    """Builds of one project into one repository."""

    def __init__(
        self,
        codebuild: Any,
        ecr: Any,
        project: str,
        repository: str,
        patience_seconds: int,
        sleep: Callable[[float], None],
    ) -> None:
        self._codebuild = codebuild
        self._ecr = ecr
        self._project = project
        self._repository = repository
        self._patience = patience_seconds
        self._sleep = sleep

    def provide(self, tag: str) -> str:
        """The digest of the image with that tag, built unless it is there. Raises BuildFailed."""
        digest = self._find(tag)
        if digest is None:
            build = self._build(tag)
            digest = self._find(tag)
            if digest is None:
                raise BuildFailed(f"build {build} ended well, but there is no image {tag}")
        return digest

    def _find(self, tag: str) -> str | None:
        try:
            found = self._ecr.describe_images(repositoryName=self._repository, imageIds=[{"imageTag": tag}])
        except ClientError as error:
            if read_code(error) == "ImageNotFoundException":
                return None
            raise
        return found["imageDetails"][0]["imageDigest"]

    def _build(self, tag: str) -> str:
        """Build and wait; a second call for the same tag within minutes joins the first one's build."""
        started = self._codebuild.start_build(
            projectName=self._project,
            idempotencyToken=tag,
            environmentVariablesOverride=[{"name": "TAG", "value": tag, "type": "PLAINTEXT"}],
        )
        build = started["build"]["id"]
        for _ in range(self._patience // _LOOK_EVERY_SECONDS):
            status = self._codebuild.batch_get_builds(ids=[build])["builds"][0]["buildStatus"]
            if status == "SUCCEEDED":
                return build
            if status != _RUNNING:
                raise BuildFailed(f"build {build} ended as {status}")
            self._sleep(_LOOK_EVERY_SECONDS)
        raise BuildFailed(f"build {build} was still running after {self._patience} s")
