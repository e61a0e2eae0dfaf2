"""Vectors kept and searched in OpenSearch Serverless; the index is made by the first write."""

import pulumi

from components._lib.opensearch import CollectionSpec, vector_collection
from components._lib.vector.backend import BackendRequest, BackendResult

INDEX_NAME = "products"


def create(request: BackendRequest) -> BackendResult:
    """Declare the collection. Who may use it is said by `VectorAccess`, when the roles are there."""
    if not request.opensearch_layers:
        raise ValueError("opensearch_layers: backend opensearch needs the layer with the OpenSearch client")
    collection = vector_collection(
        CollectionSpec(
            name=request.name,
            physical_name=request.physical_name,
            suffix="vectors",
            description="Product vectors.",
            generation=request.opensearch_generation,
            protect_data=request.protect_data,
            tags=request.operation.tags,
        ),
        request.parent,
    )
    setting = pulumi.Output.json_dumps(
        {
            "backend": "opensearch",
            "endpoint": collection.endpoint,
            "region": request.region,
            "index": INDEX_NAME,
            "generation": request.opensearch_generation.value,
        },
        sort_keys=True,
    )
    use = collection.use_statement()
    return BackendResult(
        setting=setting,
        query_statements=(use,),
        index_statements=(use,),
        label_statements=(use,),
        scan_statements=(use,),
        layers=tuple(request.opensearch_layers),
        collection=collection.name,
    )
