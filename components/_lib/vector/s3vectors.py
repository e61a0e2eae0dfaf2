"""Vectors kept and searched in S3 Vectors."""

import pulumi
import pulumi_aws as aws

from components._lib import iam
from components._lib.vector.backend import BackendRequest, BackendResult

INDEX_NAME = "products"
_NOT_FILTERED_BY = ["content_hash"]
"""Metadata is filterable unless named here, and what is named here can never change."""


def create(request: BackendRequest) -> BackendResult:
    """Declare the vector bucket and its index; dimension, metric and metadata keys are fixed for its life.

    S3 Vectors encrypts with keys of its own (SSE-S3) unless told otherwise.
    """
    keep = pulumi.ResourceOptions(
        parent=request.parent, protect=request.protect_data, retain_on_delete=request.protect_data
    )
    bucket = aws.s3.VectorsVectorBucket(
        f"{request.name}-bucket",
        vector_bucket_name=pulumi.Output.concat(request.physical_name, "-vectors"),
        force_destroy=not request.protect_data,
        tags=request.tags,
        opts=keep,
    )
    index = aws.s3.VectorsIndex(
        f"{request.name}-index",
        vector_bucket_name=bucket.vector_bucket_name,
        index_name=INDEX_NAME,
        data_type="float32",
        dimension=request.dimensions,
        distance_metric="cosine",
        metadata_configuration={"non_filterable_metadata_keys": _NOT_FILTERED_BY},
        tags=request.tags,
        opts=keep,
    )
    setting = pulumi.Output.json_dumps(
        {"backend": "s3vectors", "bucket": bucket.vector_bucket_name, "index": index.index_name},
        sort_keys=True,
    )
    # A query or a list with metadata in its answer needs GetVectors as well.
    query = iam.allow(
        ["s3vectors:GetVectors", "s3vectors:ListVectors", "s3vectors:QueryVectors"], [index.index_arn]
    )
    index_writes = iam.allow(
        ["s3vectors:DeleteVectors", "s3vectors:GetVectors", "s3vectors:PutVectors"], [index.index_arn]
    )
    scan = iam.allow(["s3vectors:GetVectors", "s3vectors:ListVectors"], [index.index_arn])
    return BackendResult(
        setting=setting,
        query_statements=(query,),
        index_statements=(index_writes,),
        scan_statements=(scan,),
    )
