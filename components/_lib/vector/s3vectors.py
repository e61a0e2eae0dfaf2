"""Vectors kept and searched in S3 Vectors."""

import pulumi

from components._lib import iam
from components._lib.vector.backend import BackendRequest, BackendResult
from components._lib.vector_index import VectorIndexSpec, create_vector_index

INDEX_NAME = "products"
_NOT_FILTERED_BY = ("content_hash",)


def create(request: BackendRequest) -> BackendResult:
    """Declare the vector bucket and its index; dimension, metric and metadata keys are fixed for its life."""
    index = create_vector_index(
        request.parent,
        VectorIndexSpec(
            bucket_name=f"{request.name}-bucket",
            index_name=f"{request.name}-index",
            physical_bucket=pulumi.Output.concat(request.physical_name, "-vectors"),
            physical_index=INDEX_NAME,
            dimensions=request.dimensions,
            not_filtered_by=_NOT_FILTERED_BY,
            protect_data=request.protect_data,
            tags=request.operation.tags,
        ),
    )
    setting = pulumi.Output.json_dumps(
        {"backend": "s3vectors", "bucket": index.vector_bucket_name, "index": index.index_name},
        sort_keys=True,
    )
    # A query or a list with metadata in its answer needs GetVectors as well.
    query = iam.allow(
        ["s3vectors:GetVectors", "s3vectors:ListVectors", "s3vectors:QueryVectors"], [index.index_arn]
    )
    index_writes = iam.allow(
        ["s3vectors:DeleteVectors", "s3vectors:GetVectors", "s3vectors:PutVectors"], [index.index_arn]
    )
    labels = iam.allow(["s3vectors:GetVectors", "s3vectors:PutVectors"], [index.index_arn])
    scan = iam.allow(["s3vectors:GetVectors", "s3vectors:ListVectors"], [index.index_arn])
    return BackendResult(
        setting=setting,
        query_statements=(query,),
        index_statements=(index_writes,),
        label_statements=(labels,),
        scan_statements=(scan,),
    )
