"""Arrays as MXNet stores them, read without MXNet: what the models of SageMaker's K-Means are made of.

Form: `NDArray::Save` and `NDArray::Load` of https://github.com/apache/mxnet/blob/1.9.1/src/ndarray/ndarray.cc,
little-endian throughout:

    uint64 0x112 | uint64 0 | uint64 count | arrays | uint64 count of names | (uint64 length, text) of each
    array: uint32 magic | int32 storage, since version 2, 0 is dense | uint32 axes | int64 length of each axis
           | int32 device | int32 its number | int32 type | values, row by row

Version 0 has no magic: its array begins with the number of axes, and their lengths are uint32.
"""

import math
import struct
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runtime.clusters.means import Vectors

FILE_MAGIC = 0x112
VERSION_1, VERSION_2, VERSION_3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
_TYPES: Mapping[int, str] = {0: "<f4", 1: "<f8", 2: "<f2", 3: "u1", 4: "<i4", 5: "i1", 6: "<i8"}
_MOST_AXES = 8


class Unreadable(Exception):
    """The file is none that this module knows."""


class _Reader:
    """Reads numbers one after the other. Raises Unreadable at the end of the file."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def take(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(f"<{form}", self.bytes(struct.calcsize(f"<{form}")))

    def one(self, form: str) -> int:
        return self.take(form)[0]

    def bytes(self, count: int) -> bytes:
        part = self._content[self._place : self._place + count]
        if len(part) < count:
            raise Unreadable("the file ends too early")
        self._place += count
        return part


def read_arrays(content: bytes) -> list[Vectors]:
    """The dense arrays of a file, as float32. Raises Unreadable."""
    reader = _Reader(content)
    magic, _, count = reader.take("QQQ")
    if magic != FILE_MAGIC:
        raise Unreadable("it does not begin as a file of MXNet's arrays")
    if count > len(content):
        raise Unreadable("it names more arrays than it can hold")
    return [_read_array(reader) for _ in range(count)]


def _read_array(reader: _Reader) -> Vectors:
    axes, dimension = reader.one("I"), "I"
    if axes in (VERSION_1, VERSION_2, VERSION_3):
        if axes != VERSION_1 and (storage := reader.one("i")) != 0:
            raise Unreadable(f"an array has storage {storage}; only dense ones are read")
        axes, dimension = reader.one("I"), "q"
    if axes > _MOST_AXES:
        raise Unreadable(f"an array has {axes} axes")
    shape = reader.take(f"{axes}{dimension}")
    if any(length < 0 for length in shape):
        raise Unreadable("an axis has a length below 0")
    if axes == 0:  # an array without content ends here
        return np.empty(0, dtype=np.float32)
    _, _, kind = reader.take("iii")
    if kind not in _TYPES:
        raise Unreadable(f"an array has values of type {kind}")
    stored = np.dtype(_TYPES[kind])
    values: NDArray[Any] = np.frombuffer(reader.bytes(math.prod(shape) * stored.itemsize), stored)
    return values.reshape(shape).astype(np.float32)
