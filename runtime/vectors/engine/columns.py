"""Filter attributes as columns: a filter becomes one mask over all rows, before anything is scored."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self, TypeVar

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.engine.arrays import Floats, Mask, Rows
from runtime.vectors.port import Attributes, Filters

UNKNOWN = -1
WORD_BITS = 64
INT32_MAX = int(np.iinfo(np.int32).max)
FLOAT32_MAX = float(np.finfo(np.float32).max)

T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True, slots=True)
class Columns:
    """Attributes of n rows; treated as immutable.

    `category` and `color` (n,) int32 are positions in `categories` and `colors` (-1 none), `price` (n,)
    float32 (nan none), `stock` and `cluster` (n,) int32 (-1 unknown), `size_bits` (words, n) uint64: bit b of
    word w is set when the row comes in size `sizes[64 w + b]`.
    """

    categories: tuple[str, ...]
    colors: tuple[str, ...]
    sizes: tuple[str, ...]
    category: NDArray[np.int32]
    color: NDArray[np.int32]
    price: Floats
    stock: NDArray[np.int32]
    cluster: NDArray[np.int32]
    size_bits: NDArray[np.uint64]

    @classmethod
    def blank(cls, count: int) -> Self:
        """Columns of `count` rows of which nothing is known."""
        unknown = np.full(count, UNKNOWN, dtype=np.int32)
        price = np.full(count, np.nan, dtype=np.float32)
        size_bits = np.zeros((0, count), dtype=np.uint64)
        return cls((), (), (), unknown, unknown, price, unknown, unknown, size_bits)

    @classmethod
    def of(cls, attributes: Sequence[Attributes]) -> Self:
        """Columns with one row per element of `attributes`."""
        return cls.blank(len(attributes)).replaced(np.arange(len(attributes)), attributes)

    def __len__(self) -> int:
        return len(self.price)

    @property
    def nbytes(self) -> int:
        return sum(value.nbytes for value in self.arrays().values())

    def arrays(self) -> dict[str, NDArray[np.generic]]:
        """The columns proper by name, without the vocabularies."""
        values = ((field.name, getattr(self, field.name)) for field in fields(self))
        return {name: value for name, value in values if isinstance(value, np.ndarray)}

    def take(self, rows: Rows) -> Self:
        """The given rows, in that order."""
        taken = {name: np.take(value, rows, axis=-1) for name, value in self.arrays().items()}
        return replace(self, **taken)

    def extended(self, attributes: Sequence[Attributes]) -> Self:
        """These rows followed by one per element of `attributes`."""
        before, added = len(self), len(attributes)
        blank = Columns.blank(added)
        grown = replace(
            self,
            category=np.concatenate((self.category, blank.category)),
            color=np.concatenate((self.color, blank.color)),
            price=np.concatenate((self.price, blank.price)),
            stock=np.concatenate((self.stock, blank.stock)),
            cluster=np.concatenate((self.cluster, blank.cluster)),
            size_bits=np.pad(self.size_bits, ((0, 0), (0, added))),
        )
        return grown.replaced(np.arange(before, before + added), attributes)

    def replaced(self, rows: Rows, attributes: Sequence[Attributes]) -> Self:
        """A copy in which each of `rows` has the attributes at the same place of `attributes`."""
        if not len(rows):
            return self
        categories = _widen(self.categories, (a.category for a in attributes))
        colors = _widen(self.colors, (a.color for a in attributes))
        sizes = _widen(self.sizes, (size for a in attributes for size in a.sizes))
        return replace(
            self,
            categories=categories,
            colors=colors,
            sizes=sizes,
            category=_patched(self.category, rows, _encode(categories, [a.category for a in attributes])),
            color=_patched(self.color, rows, _encode(colors, [a.color for a in attributes])),
            price=_patched(self.price, rows, [_float32(a.price) for a in attributes]),
            stock=_patched(self.stock, rows, [_int32(a.stock) for a in attributes]),
            cluster=_patched(self.cluster, rows, [_int32(a.cluster) for a in attributes]),
            size_bits=self._patched_sizes(rows, sizes, attributes),
        )

    def get(self, row: int) -> Attributes:
        """The attributes of one row; sizes in the order of `sizes`, the price as the shortest decimal."""
        category, color = int(self.category[row]), int(self.color[row])
        stock, cluster = int(self.stock[row]), int(self.cluster[row])
        price = self.price[row]
        return Attributes(
            category=None if category == UNKNOWN else self.categories[category],
            color=None if color == UNKNOWN else self.colors[color],
            price=None if np.isnan(price) else float(str(price)),
            sizes=tuple(size for bit, size in enumerate(self.sizes) if self._has_size(row, bit)),
            stock=None if stock == UNKNOWN else stock,
            cluster=None if cluster == UNKNOWN else cluster,
        )

    def taste(self, row: int) -> tuple[int | None, str | None, str | None, float | None]:
        """Cluster, category, colour and price of one row: what a hit tells, without the cost of `get`."""
        category, color = int(self.category[row]), int(self.color[row])
        cluster, price = int(self.cluster[row]), float(self.price[row])
        return (
            None if cluster == UNKNOWN else cluster,
            None if category == UNKNOWN else self.categories[category],
            None if color == UNKNOWN else self.colors[color],
            None if math.isnan(price) else round(price, 2),
        )

    def mask(self, filters: Filters) -> Mask | None:
        """Which rows pass the filters, (n,) bool; None when nothing is restricted."""
        passed: list[Mask] = []
        if filters.category:
            passed.append(_any_of(self.category, self.categories, filters.category))
        if filters.color:
            passed.append(_any_of(self.color, self.colors, filters.color))
        if filters.size:
            passed.append(self._comes_in(filters.size))
        if filters.min_price is not None:
            passed.append(self.price >= _float32(filters.min_price))
        if filters.max_price is not None:
            passed.append(self.price <= _float32(filters.max_price))
        if filters.in_stock:
            passed.append(self.stock != 0)
        if not passed:
            return None
        combined = passed[0]
        for more in passed[1:]:
            combined &= more
        return combined

    def _comes_in(self, wanted: frozenset[str]) -> Mask:
        found = np.zeros(len(self), dtype=np.bool_)
        for word, bits in enumerate(_bits(self.sizes, wanted, len(self.size_bits))):
            if bits:
                found |= (self.size_bits[word] & np.uint64(bits)) != 0
        return found

    def _has_size(self, row: int, bit: int) -> bool:
        word = int(self.size_bits[bit // WORD_BITS, row])
        return bool(word >> (bit % WORD_BITS) & 1)

    def _patched_sizes(
        self, rows: Rows, sizes: tuple[str, ...], attributes: Sequence[Attributes]
    ) -> NDArray[np.uint64]:
        words = -(-len(sizes) // WORD_BITS)
        widened = np.pad(self.size_bits, ((0, words - len(self.size_bits)), (0, 0)))
        values = np.array([_bits(sizes, a.sizes, words) for a in attributes], dtype=np.uint64)
        widened[:, rows] = values.reshape(len(attributes), words).T
        return widened


def _widen(vocabulary: tuple[str, ...], words: Iterable[str | None]) -> tuple[str, ...]:
    new = {word for word in words if word is not None}.difference(vocabulary)
    return (*vocabulary, *sorted(new)) if new else vocabulary


def _encode(vocabulary: tuple[str, ...], words: Sequence[str | None]) -> list[int]:
    codes = {word: code for code, word in enumerate(vocabulary)}
    return [UNKNOWN if word is None else codes[word] for word in words]


def _bits(vocabulary: tuple[str, ...], words: Iterable[str], count: int) -> list[int]:
    """`count` words of 64 bits with the bits of the known `words` set."""
    codes = {word: code for code, word in enumerate(vocabulary)}
    bits = [0] * count
    for word in words:
        if word in codes:
            bits[codes[word] // WORD_BITS] |= 1 << codes[word] % WORD_BITS
    return bits


def _any_of(codes: NDArray[np.int32], vocabulary: tuple[str, ...], wanted: frozenset[str]) -> Mask:
    found = np.zeros(len(codes), dtype=np.bool_)
    for code, word in enumerate(vocabulary):
        if word in wanted:
            found |= codes == code
    return found


def _patched(column: NDArray[T], rows: Rows, values: Sequence[float] | Sequence[np.float32]) -> NDArray[T]:
    copy = column.copy()
    copy[rows] = values
    return copy


def _float32(value: float | None) -> np.float32:
    return np.float32(np.nan if value is None else max(-FLOAT32_MAX, min(FLOAT32_MAX, value)))


def _int32(value: int | None) -> int:
    return UNKNOWN if value is None else max(0, min(INT32_MAX, value))
