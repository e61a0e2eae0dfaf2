"""The image built by Docker on the machine that runs `pulumi up`."""

import pulumi
import pulumi_aws as aws

from components._lib.function import REPOSITORY
from components._lib.image.builder import DOCKERFILE, ImageRequest


def build(request: ImageRequest) -> pulumi.Output[str]:
    """Declare an image that is built for arm64 and pushed; a preview builds nothing."""
    # A provider of its own, which only this builder is made to load.
    import pulumi_docker_build as docker_build

    login = aws.ecr.get_authorization_token_output(opts=pulumi.InvokeOptions(parent=request.parent))
    image = docker_build.Image(
        f"{request.name}-image",
        context={"location": str(REPOSITORY)},
        dockerfile={"location": str(REPOSITORY / DOCKERFILE)},
        platforms=[docker_build.Platform.LINUX_ARM64],
        tags=[pulumi.Output.concat(request.repository.repository_url, ":", request.tag)],
        push=True,
        build_on_preview=False,
        registries=[
            {
                "address": request.repository.repository_url,
                "username": login.user_name,
                "password": pulumi.Output.secret(login.password),
            }
        ],
        opts=pulumi.ResourceOptions(parent=request.parent),
    )
    return image.ref
