"""Has the site's image built during a deployment, and tells which one it became."""

import time
from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from runtime.shared.aws import Clients
from runtime.shared.observability import get_logger
from runtime.shared.settings import SettingsModel, read_setting
from runtime.site_image.logic import ImageBuilder


class SiteImageSettings(SettingsModel):
    """Variable SITE_IMAGE: CodeBuild project, ECR repository, and the minutes that a build may take."""

    project: str
    repository: str
    minutes: int


class BuildEvent(BaseModel):
    """What the deployment sends: the tag that the image shall have, a digest of its sources."""

    model_config = ConfigDict(frozen=True)

    tag: str = Field(pattern=r"^[0-9a-f]{64}$")


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point; an exception fails the deployment with its text."""
    asked = BuildEvent.model_validate(event)
    digest = _open_builder().provide(asked.tag)
    get_logger().info("image is there", tag=asked.tag, digest=digest)
    return {"digest": digest}


@cache
def _open_builder() -> ImageBuilder:
    settings: SiteImageSettings = read_setting("SITE_IMAGE", SiteImageSettings)
    clients = Clients()
    return ImageBuilder(
        clients.get("codebuild"),
        clients.get("ecr"),
        settings.project,
        settings.repository,
        60 * settings.minutes,
        time.sleep,
    )
