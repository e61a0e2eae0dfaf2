"""The small convolutional network: forward pass only, in numpy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided

from local.ai.embedder.pixels import Array

CONVOLUTIONS = 5


@dataclass(frozen=True, slots=True)
class Reading:
    """What the network makes of n views."""

    categories: Array  # (n, 10) probabilities
    patterns: Array  # (n, 6) probabilities
    signature: Array  # (n, 160) last features, averaged over the view


class Network:
    """Five 3 x 3 convolutions, two with a shortcut, and two linear heads, with trained weights.

    `weights`: `conv<i>_w` (9 * in, out) and `conv<i>_b` with batch normalisation folded in; `category_w`,
    `category_b`, `pattern_w`, `pattern_b`.
    """

    def __init__(self, weights: Mapping[str, Array]) -> None:
        self._convolutions = [(weights[f"conv{i}_w"], weights[f"conv{i}_b"]) for i in range(CONVOLUTIONS)]
        self._category = weights["category_w"], weights["category_b"]
        self._pattern = weights["pattern_w"], weights["pattern_b"]

    def read(self, maps: Array) -> Reading:
        """Read feature maps (n, 24, 24, 29)."""
        conv = self._convolutions
        x = halve(_convolve(maps, *conv[0]))
        x = _convolve(x, *conv[1])
        middle = x + _convolve(x, *conv[2])
        x = _convolve(halve(middle), *conv[3])
        last = x + _convolve(x, *conv[4])
        signature = last.mean(axis=(1, 2))
        textures = np.concatenate([middle.mean(axis=(1, 2)), signature], axis=1)
        return Reading(
            softmax(signature @ self._category[0] + self._category[1]),
            softmax(textures @ self._pattern[0] + self._pattern[1]),
            signature,
        )


def softmax(scores: Array) -> Array:
    """Probabilities of rows of scores."""
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def halve(x: Array) -> Array:
    """Maximum over squares of two pixels."""
    rows = np.maximum(x[:, ::2], x[:, 1::2])
    return np.maximum(rows[:, :, ::2], rows[:, :, 1::2])


def pad_edges(x: Array) -> Array:
    """Zeros one pixel wide around (n, h, w, c)."""
    n, h, w, c = x.shape
    padded = np.zeros((n, h + 2, w + 2, c), dtype=np.float32)
    padded[:, 1:-1, 1:-1] = x
    return padded


def neighbourhoods(padded: Array) -> Array:
    """The 3 x 3 surroundings of every pixel of (n, h + 2, w + 2, c) as rows: (n * h * w, 9 * c)."""
    n, h, w, c = padded.shape
    s = padded.strides
    windows = as_strided(padded, (n, h - 2, w - 2, 3, 3 * c), (s[0], s[1], s[2], s[1], s[3]), writeable=False)
    return windows.reshape(n * (h - 2) * (w - 2), 9 * c)


def _convolve(x: Array, weights: Array, bias: Array) -> Array:
    """3 x 3 convolution with zero edges, then ReLU."""
    n, h, w, _ = x.shape
    y = neighbourhoods(pad_edges(x)) @ weights
    y += bias
    return np.maximum(y, 0, out=y).reshape(n, h, w, -1)
