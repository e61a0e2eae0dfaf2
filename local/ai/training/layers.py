"""Training the network: the same layers with gradients, in numpy."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from local.ai.embedder.network import halve, neighbourhoods, pad_edges
from local.ai.embedder.pixels import Array

_CACHE_ROWS = 1200  # rows of neighbourhoods that are handled at a time, so that they stay in the cache
_FORGET = 0.1  # of the running mean and variance
_EPSILON = 1e-5


@dataclass(slots=True)
class Parameter:
    """A trained array, its gradient and its momentum; `decays` if weight decay applies."""

    value: Array
    gradient: Array
    momentum: Array
    decays: bool

    @classmethod
    def start(cls, value: Array, *, decays: bool = False) -> "Parameter":
        value = value.astype(np.float32)
        return cls(value, np.zeros_like(value), np.zeros_like(value), decays)


class Convolution:
    """3 x 3 convolution without bias, batch normalisation, ReLU."""

    def __init__(self, rng: np.random.Generator, inputs: int, outputs: int) -> None:
        scale = np.sqrt(2 / (9 * inputs))
        self.weights = Parameter.start(rng.standard_normal((9 * inputs, outputs)) * scale, decays=True)
        self.gain = Parameter.start(np.ones(outputs))
        self.shift = Parameter.start(np.zeros(outputs))
        self.mean = np.zeros(outputs, dtype=np.float32)
        self.variance = np.ones(outputs, dtype=np.float32)

    def parameters(self) -> Iterator[Parameter]:
        yield from (self.weights, self.gain, self.shift)

    def folded(self) -> tuple[Array, Array]:
        """Weights and bias with the running normalisation folded in."""
        factor = self.gain.value / np.sqrt(self.variance + _EPSILON)
        return self.weights.value * factor, self.shift.value - self.mean * factor

    def forward(self, x: Array) -> Array:
        n, h, w, _ = x.shape
        self._padded = pad_edges(x)
        y = np.empty((n, h, w, len(self.mean)), dtype=np.float32)
        for part in self._parts(n, h * w):
            y[part] = (neighbourhoods(self._padded[part]) @ self.weights.value).reshape(y[part].shape)
        flat = y.reshape(-1, len(self.mean))
        mean = flat.mean(axis=0)
        flat -= mean
        variance = np.einsum("ij,ij->j", flat, flat) / len(flat)
        self.mean += _FORGET * (mean - self.mean)
        self.variance += _FORGET * (variance - self.variance)
        self._scale = 1 / np.sqrt(variance + _EPSILON)
        flat *= self._scale
        self._normal = flat
        out = flat * self.gain.value
        out += self.shift.value
        self._out = np.maximum(out, 0, out=out)
        return out.reshape(n, h, w, -1)

    def backward(self, slope: Array, *, to_input: bool = True) -> Array:
        """Fill the gradients from the loss's slope at the output; the slope at the input, if wanted."""
        n, h, w, outputs = slope.shape
        d = slope.reshape(-1, outputs) * (self._out > 0)
        self.shift.gradient = d.sum(axis=0)
        self.gain.gradient = np.einsum("ij,ij->j", d, self._normal)
        d -= self.shift.gradient / len(d)
        d -= self._normal * (self.gain.gradient / len(d))
        d *= self.gain.value * self._scale
        d = d.reshape(n, h, w, outputs)
        gradient = np.zeros_like(self.weights.value)
        for part in self._parts(n, h * w):
            gradient += neighbourhoods(self._padded[part]).T @ d[part].reshape(-1, outputs)
        self.weights.gradient = gradient
        return self._to_input(d) if to_input else d

    def _to_input(self, d: Array) -> Array:
        """Convolution with the kernel turned round."""
        n, h, w, outputs = d.shape
        inputs = len(self.weights.value) // 9
        kernel = self.weights.value.reshape(3, 3, inputs, outputs)[::-1, ::-1]
        turned = kernel.transpose(0, 1, 3, 2).reshape(9 * outputs, inputs)
        padded = pad_edges(d)
        slope = np.empty((n, h, w, inputs), dtype=np.float32)
        for part in self._parts(n, h * w):
            slope[part] = (neighbourhoods(padded[part]) @ turned).reshape(slope[part].shape)
        return slope

    @staticmethod
    def _parts(n: int, rows: int) -> Iterator[slice]:
        step = max(1, _CACHE_ROWS // rows)
        for start in range(0, n, step):
            yield slice(start, start + step)


class Halving:
    """Maximum over squares of two pixels."""

    def forward(self, x: Array) -> Array:
        self._input = x
        self._output = halve(x)
        return self._output

    def backward(self, slope: Array) -> Array:
        n, h, w, c = slope.shape
        squares = self._input.reshape(n, h, 2, w, 2, c)
        chosen = squares == self._output[:, :, None, :, None]
        return (chosen * slope[:, :, None, :, None]).reshape(self._input.shape)


class Linear:
    """Linear scores with dropout of the input."""

    def __init__(self, rng: np.random.Generator, inputs: int, outputs: int, drop: float = 0.2) -> None:
        self.weights = Parameter.start(rng.standard_normal((inputs, outputs)) * 0.01, decays=True)
        self.bias = Parameter.start(np.zeros(outputs))
        self._rng = rng
        self.drop = drop

    def parameters(self) -> Iterator[Parameter]:
        yield from (self.weights, self.bias)

    def forward(self, x: Array) -> Array:
        self._kept = (self._rng.random(x.shape) > self.drop).astype(np.float32) / np.float32(1 - self.drop)
        self._input = x * self._kept
        return self._input @ self.weights.value + self.bias.value

    def backward(self, slope: Array) -> Array:
        self.weights.gradient = self._input.T @ slope
        self.bias.gradient = slope.sum(axis=0)
        return (slope @ self.weights.value.T) * self._kept


class Model:
    """The network of `local.ai.embedder.network`, trainable."""

    def __init__(
        self, rng: np.random.Generator, channels: int, widths: tuple[int, int, int], heads: tuple[int, int]
    ) -> None:
        a, b, c = widths
        sizes = ((channels, a), (a, b), (b, b), (b, c), (c, c))
        self.convolutions = [Convolution(rng, *size) for size in sizes]
        self.category = Linear(rng, c, heads[0])
        self.pattern = Linear(rng, b + c, heads[1])
        self._halvings = (Halving(), Halving())

    def parameters(self) -> list[Parameter]:
        layers = (*self.convolutions, self.category, self.pattern)
        return [parameter for layer in layers for parameter in layer.parameters()]

    def forward(self, maps: Array) -> tuple[Array, Array]:
        """Scores of categories (n, 10) and patterns (n, 6)."""
        conv = self.convolutions
        x = conv[1].forward(self._halvings[0].forward(conv[0].forward(maps)))
        middle = x + conv[2].forward(x)
        x = conv[3].forward(self._halvings[1].forward(middle))
        last = x + conv[4].forward(x)
        self._shapes = middle.shape, last.shape
        ends = middle.mean(axis=(1, 2)), last.mean(axis=(1, 2))
        return self.category.forward(ends[1]), self.pattern.forward(np.concatenate(ends, axis=1))

    def backward(self, category: Array, pattern: Array) -> None:
        """Fill every parameter's gradient from the loss's slopes at the scores."""
        conv = self.convolutions
        (_, h, w, b), (_, low_h, low_w, _) = self._shapes
        textures = self.pattern.backward(pattern)
        last = (self.category.backward(category) + textures[:, b:])[:, None, None] / (low_h * low_w)
        last = np.broadcast_to(last, self._shapes[1])
        d = last + conv[4].backward(last)
        middle = self._halvings[1].backward(conv[3].backward(d))
        middle += textures[:, None, None, :b] / np.float32(h * w)
        d = middle + conv[2].backward(middle)
        conv[0].backward(self._halvings[0].backward(conv[1].backward(d)), to_input=False)

    def folded(self) -> dict[str, Array]:
        """The weights as `local.ai.embedder.network.Network` reads them."""
        weights: dict[str, Array] = {}
        for i, convolution in enumerate(self.convolutions):
            weights[f"conv{i}_w"], weights[f"conv{i}_b"] = convolution.folded()
        for name, head in (("category", self.category), ("pattern", self.pattern)):
            weights[f"{name}_w"], weights[f"{name}_b"] = head.weights.value, head.bias.value
        return weights
