"""What an embedding model or a vector store can fail with, by what a caller should do about it."""


class VectorError(Exception):
    """Base of every failure of the vector ports."""

    retryable: bool = True


class EmbeddingThrottled(VectorError):
    """The model turned the call away for now; calling again later is expected to work."""


class EmbeddingFailed(VectorError):
    """The model could not be reached or answered with a fault of its own; worth another attempt."""


class EmbeddingRefused(VectorError):
    """The model will never accept this input; the message says why. Do not call again with it."""

    retryable = False


class StoreUnavailable(VectorError):
    """The store could not be reached or is throttled; worth another attempt."""


class StaleCursor(VectorError):
    """The store no longer takes this place in its list of vectors; start again at the beginning."""
