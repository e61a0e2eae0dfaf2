"""A vector bucket of S3 Vectors with its one index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, slots=True, kw_only=True)
class VectorIndexSpec:
    """What is fixed for the life of an index, and how long that is.

    Metadata is filterable unless its key is in `not_filtered_by`, and that list can never change.
    """

    bucket_name: str
    """Resource name of the bucket."""
    index_name: str
    """Resource name of the index."""
    physical_bucket: pulumi.Input[str]
    physical_index: str
    dimensions: int
    not_filtered_by: Sequence[str]
    protect_data: bool
    tags: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None


def create_vector_index(parent: pulumi.Resource, spec: VectorIndexSpec) -> aws.s3.VectorsIndex:
    """Declare bucket and index for unit vectors of float32.

    S3 Vectors encrypts with keys of its own (SSE-S3) unless told otherwise.
    """
    keep = pulumi.ResourceOptions(
        parent=parent, protect=spec.protect_data, retain_on_delete=spec.protect_data
    )
    bucket = aws.s3.VectorsVectorBucket(
        spec.bucket_name,
        vector_bucket_name=spec.physical_bucket,
        force_destroy=not spec.protect_data,
        tags=spec.tags,
        opts=keep,
    )
    return aws.s3.VectorsIndex(
        spec.index_name,
        vector_bucket_name=bucket.vector_bucket_name,
        index_name=spec.physical_index,
        data_type="float32",
        dimension=spec.dimensions,
        distance_metric="cosine",
        metadata_configuration={"non_filterable_metadata_keys": list(spec.not_filtered_by)},
        tags=spec.tags,
        opts=keep,
    )
