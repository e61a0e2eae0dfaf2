"""A knowledge base's vectors in S3 Vectors: no server, paid by use."""

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.knowledge.storage import StorageRequest, StorageResult

_INDEX_NAME = "documents"
# What Bedrock stores with each vector. A passage is longer than the 2 KB that may be filtered by.
_NOT_FILTERED_BY = ["AMAZON_BEDROCK_METADATA", "AMAZON_BEDROCK_TEXT"]


def create(request: StorageRequest) -> StorageResult:
    """Declare the vector bucket and its index; dimension, metric and metadata keys are fixed for its life."""
    keep = pulumi.ResourceOptions(
        parent=request.parent, protect=request.protect_data, retain_on_delete=request.protect_data
    )
    bucket = aws.s3.VectorsVectorBucket(
        f"{request.name}-vectors",
        vector_bucket_name=pulumi.Output.concat(request.physical_name, "-knowledge"),
        force_destroy=not request.protect_data,
        tags=request.tags,
        opts=keep,
    )
    index = aws.s3.VectorsIndex(
        f"{request.name}-index",
        vector_bucket_name=bucket.vector_bucket_name,
        index_name=_INDEX_NAME,
        data_type="float32",
        dimension=request.dimensions,
        distance_metric="cosine",
        metadata_configuration={"non_filterable_metadata_keys": _NOT_FILTERED_BY},
        tags=request.tags,
        opts=keep,
    )
    use = iam.allow(
        [
            "s3vectors:DeleteVectors",
            "s3vectors:GetIndex",
            "s3vectors:GetVectors",
            "s3vectors:ListVectors",
            "s3vectors:PutVectors",
            "s3vectors:QueryVectors",
        ],
        [index.index_arn],
    )
    return StorageResult(
        configuration={
            "type": "S3_VECTORS",
            "s3_vectors_configuration": {"index_arn": index.index_arn},
        },
        statements=(use,),
    )
