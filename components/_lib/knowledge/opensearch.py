"""A knowledge base's vectors in OpenSearch Serverless.

Bedrock tries the index when the knowledge base is made, so the program makes it first, by invoking a small
function of its own. CloudFormation has a resource for indexes (AWS::OpenSearchServerless::Index), but that
acts as whoever deploys: a person's session role would have to stand in the data access policy, and it fails
where the policy takes a minute to work. The function has a role of its own, waits for the collection, does
nothing where the index is there, and runs on a laptop as well.
"""

import pulumi
import pulumi_aws as aws

from components._lib.function import Function, FunctionSpec
from components._lib.knowledge.storage import StorageRequest, StorageResult
from components._lib.opensearch import (
    CREATE,
    READ,
    WRITE,
    CollectionSpec,
    Grant,
    VectorCollection,
    data_policy,
    vector_collection,
)

_INDEX_NAME = "documents"
_FIELDS = {"vector": "vector", "text": "text", "metadata": "metadata"}
_MAKER_TIMEOUT = 300


def create(request: StorageRequest) -> StorageResult:
    """Declare the collection, and the function that will make its index."""
    if not request.opensearch_layers:
        raise ValueError("opensearch_layers: storage opensearch needs the layer with the OpenSearch client")
    collection = vector_collection(
        CollectionSpec(
            name=request.name,
            physical_name=request.physical_name,
            suffix="knowledge",
            description="What the stylist has read.",
            generation=request.opensearch_generation,
            protect_data=request.protect_data,
            tags=request.operation.tags,
        ),
        request.parent,
    )
    maker = _index_maker(request, collection)

    def prepare(role_arn: pulumi.Input[str]) -> list[pulumi.Resource]:
        return [_make_index(request, collection, maker, role_arn)]

    return StorageResult(
        configuration={
            "type": "OPENSEARCH_SERVERLESS",
            "opensearch_serverless_configuration": {
                "collection_arn": collection.arn,
                "vector_index_name": _INDEX_NAME,
                "field_mapping": {
                    "vector_field": _FIELDS["vector"],
                    "text_field": _FIELDS["text"],
                    "metadata_field": _FIELDS["metadata"],
                },
            },
        },
        statements=(collection.use_statement(),),
        prepare=prepare,
    )


def _index_maker(request: StorageRequest, collection: VectorCollection) -> Function:
    return Function(
        f"{request.name}-index-maker",
        FunctionSpec(
            service="indexes",
            handler="runtime.indexes.handler.handler",
            packages=("indexes", "shared"),
            layers=[*request.layers, *request.opensearch_layers],
            timeout=_MAKER_TIMEOUT,
            memory_mb=256,
            operation=request.operation,
            statements=(collection.use_statement(),),
        ),
        pulumi.ResourceOptions(parent=request.parent),
    )


def _make_index(
    request: StorageRequest, collection: VectorCollection, maker: Function, role_arn: pulumi.Input[str]
) -> aws.lambda_.Invocation:
    access = data_policy(
        f"{request.name}-data",
        collection.name,
        collection.name,
        _INDEX_NAME,
        [
            Grant(roles=[role_arn], permissions=[*READ, *WRITE]),
            Grant(roles=[maker.role_arn], permissions=CREATE),
        ],
        pulumi.ResourceOptions(parent=request.parent),
    )
    return aws.lambda_.Invocation(
        f"{request.name}-index",
        function_name=maker.name,
        input=pulumi.Output.json_dumps(
            {
                "endpoint": collection.endpoint,
                "region": request.region,
                "index": _INDEX_NAME,
                "generation": request.opensearch_generation.value,
                "dimensions": request.dimensions,
                **{f"{name}_field": field for name, field in _FIELDS.items()},
            },
            sort_keys=True,
        ),
        opts=pulumi.ResourceOptions(parent=request.parent, depends_on=[access]),
    )
