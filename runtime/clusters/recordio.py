"""Vectors in the form in which SageMaker's own algorithms take them: protobuf records within RecordIO.

Record: https://docs.aws.amazon.com/sagemaker/latest/dg/cdf-training.html (aialgs.proto2):
`map<string, Value> features = 1`, in Value `Float32Tensor float32_tensor = 2`, in that `repeated float
values = 1` (packed). RecordIO is MXNet's: https://mxnet.apache.org/versions/1.9.1/api/architecture/note_data_loading

    uint32 0xced7230a | uint32 length | record | zeros up to a multiple of four          little-endian
"""

import numpy as np

from runtime.clusters.means import Vectors

CONTENT_TYPE = "application/x-recordio-protobuf"
MAGIC = 0xCED7230A
_KEY = b"values"


def write_records(vectors: Vectors) -> bytes:
    """One record for each row of vectors (n, d) float32."""
    count, dimensions = vectors.shape
    head = _head(4 * dimensions)
    length = len(head) + 4 * dimensions
    frame = np.array([MAGIC, length], dtype="<u4").tobytes() + head
    padding = -length % 4
    rows = np.zeros((count, len(frame) + 4 * dimensions + padding), dtype=np.uint8)
    rows[:, : len(frame)] = np.frombuffer(frame, dtype=np.uint8)
    values = np.ascontiguousarray(vectors, dtype="<f4").view(np.uint8)
    rows[:, len(frame) : len(frame) + 4 * dimensions] = values
    return rows.tobytes()


def _head(size: int) -> bytes:
    """What stands before `size` bytes of values in a record: the same for all rows of one length."""
    before = b"\x0a" + _varint(size)  # values
    before = b"\x12" + _varint(len(before) + size) + before  # float32_tensor
    entry = b"\x0a" + _varint(len(_KEY)) + _KEY  # key of the map's entry
    entry += b"\x12" + _varint(len(before) + size) + before  # its value
    return b"\x0a" + _varint(len(entry) + size) + entry  # features


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)
