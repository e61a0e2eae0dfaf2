"""A knowledge base's vectors in S3 Vectors: no server, paid by use."""

import pulumi

from components._lib import iam
from components._lib.knowledge.storage import StorageRequest, StorageResult
from components._lib.vector_index import VectorIndexSpec, create_vector_index

_INDEX_NAME = "documents"
# What Bedrock stores with each vector. A passage is longer than the 2 KB that may be filtered by.
_NOT_FILTERED_BY = ("AMAZON_BEDROCK_METADATA", "AMAZON_BEDROCK_TEXT")


def create(request: StorageRequest) -> StorageResult:
    """Declare the vector bucket and its index; dimension, metric and metadata keys are fixed for its life."""
    index = create_vector_index(
        request.parent,
        VectorIndexSpec(
            bucket_name=f"{request.name}-vectors",
            index_name=f"{request.name}-index",
            physical_bucket=pulumi.Output.concat(request.physical_name, "-knowledge"),
            physical_index=_INDEX_NAME,
            dimensions=request.dimensions,
            not_filtered_by=_NOT_FILTERED_BY,
            protect_data=request.protect_data,
            tags=request.operation.tags,
        ),
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
