"""Opens the store and the embedder that the settings name.

Adapters are imported when asked for, so that a function pays only for those it uses.
"""

from collections.abc import Callable

from runtime.vectors.clients import Clients
from runtime.vectors.port import Embedder, VectorSpace, VectorStore
from runtime.vectors.settings import VectorSettings


def open_store(settings: VectorSettings, clients: Clients) -> VectorStore:
    """The vector store of the settings, showing only vectors of the settings' embedder. Makes no call yet."""
    return _STORES[settings.store.backend](settings, clients)


def open_embedder(settings: VectorSettings, clients: Clients) -> Embedder:
    """The embedding model of the settings. Makes no call yet."""
    return _EMBEDDERS[settings.embedder.name](settings, clients)


def open_space(settings: VectorSettings, clients: Clients) -> VectorSpace:
    """The store and the embedding model of the settings. Makes no call yet."""
    return VectorSpace(open_store(settings, clients), open_embedder(settings, clients))


def _open_dynamodb(settings: VectorSettings, clients: Clients) -> VectorStore:
    from runtime.vectors.stores.dynamodb import open_dynamodb

    return open_dynamodb(settings, clients)


def _open_opensearch(settings: VectorSettings, clients: Clients) -> VectorStore:
    from runtime.vectors.stores.opensearch import open_opensearch

    return open_opensearch(settings, clients)


def _open_s3vectors(settings: VectorSettings, clients: Clients) -> VectorStore:
    from runtime.vectors.stores.s3vectors import open_s3vectors

    return open_s3vectors(settings, clients)


def _open_titan(settings: VectorSettings, clients: Clients) -> Embedder:
    from runtime.vectors.embedders.titan import open_titan

    return open_titan(settings, clients)


def _open_nova(settings: VectorSettings, clients: Clients) -> Embedder:
    from runtime.vectors.embedders.nova import open_nova

    return open_nova(settings, clients)


_STORES: dict[str, Callable[[VectorSettings, Clients], VectorStore]] = {
    "dynamodb": _open_dynamodb,
    "opensearch": _open_opensearch,
    "s3vectors": _open_s3vectors,
}
_EMBEDDERS: dict[str, Callable[[VectorSettings, Clients], Embedder]] = {
    "titan": _open_titan,
    "nova": _open_nova,
}
