"""The dependencies of the functions, as Lambda layers."""

from pathlib import Path
from typing import NotRequired, TypedDict

import pulumi
import pulumi_aws as aws

from components._lib.function import REPOSITORY
from components._lib.package import public_token


class RuntimeLayersArgs(TypedDict):
    """Inputs of `RuntimeLayers`."""

    physical_name: pulumi.Input[str]
    """Prefix of the layers' names, unique in the account and region: AWS does not name layers by itself."""
    folder: NotRequired[str]
    """Folder with `core-arm64` and the others, as `make layers` builds them. Default: `.build/layers`."""


class RuntimeLayers(pulumi.ComponentResource):
    """Four layers, so that a function starts without what it does not need."""

    core_arn: pulumi.Output[str]
    """Layer with boto3, pydantic and Powertools."""
    arrays_arn: pulumi.Output[str]
    """Layer with numpy and Pillow."""
    tokens_arn: pulumi.Output[str]
    """Layer with PyJWT and its cryptography."""
    opensearch_arn: pulumi.Output[str]
    """Layer with the OpenSearch client."""

    def __init__(
        self, name: str, args: RuntimeLayersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__(public_token("RuntimeLayers"), name, {}, opts)
        folder = Path(args.get("folder", str(REPOSITORY / ".build" / "layers")))
        prefix = args["physical_name"]
        self.core_arn = _layer(
            f"{name}-core", self, prefix, folder / "core-arm64", "boto3, pydantic, Powertools"
        )
        self.arrays_arn = _layer(f"{name}-arrays", self, prefix, folder / "arrays-arm64", "numpy, Pillow")
        self.tokens_arn = _layer(f"{name}-tokens", self, prefix, folder / "tokens-arm64", "PyJWT")
        self.opensearch_arn = _layer(
            f"{name}-opensearch", self, prefix, folder / "opensearch-arm64", "opensearch-py"
        )
        self.register_outputs(
            {
                "core_arn": self.core_arn,
                "arrays_arn": self.arrays_arn,
                "tokens_arn": self.tokens_arn,
                "opensearch_arn": self.opensearch_arn,
            }
        )


def _layer(
    name: str, parent: pulumi.Resource, prefix: pulumi.Input[str], folder: Path, content: str
) -> pulumi.Output[str]:
    if not folder.is_dir():
        # Pulumi's own words for it would be "no such file"; these say what to do.
        pulumi.log.warn(
            f"{folder.name}: the layer is not built; run `make layers` before `pulumi up`", parent
        )
    layer = aws.lambda_.LayerVersion(
        name,
        layer_name=pulumi.Output.concat(prefix, "-", folder.name),
        description=content,
        code=pulumi.FileArchive(str(folder)),
        compatible_runtimes=["python3.13"],
        compatible_architectures=["arm64"],
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return layer.arn
