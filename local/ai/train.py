"""Teaches the embedder's network: `python -m local.ai.train --data FOLDER --out weights.npz`.

numpy alone suffices: the fixed slopes of the first layer leave a network small enough to train in minutes.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from local.ai.embedder.features import CHANNELS, feature_maps
from local.ai.embedder.lexicon import CATEGORIES, PATTERNS
from local.ai.embedder.network import Network, softmax
from local.ai.embedder.pixels import Array
from local.ai.embedder.views import cut_view
from local.ai.training.augment import vary
from local.ai.training.layers import Model, Parameter
from local.ai.training.samples import UNKNOWN, Sample, draw_samples, load_photos

WIDTHS = (64, 96, 160)
BATCH = 32
RATE = 0.08
WARM_UP = 0.15  # of all steps
MOMENTUM = 0.9
DECAY = 1e-3
SMOOTHING = 0.1
MIXING = 0.2
PATTERN_WEIGHT = 0.5
SIGNATURE = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """Feature maps (n, 24, 24, 29) and what should be read from them, each row 0 or adding up to 1."""

    maps: Array
    categories: Array
    patterns: Array


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m local.ai.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of <category>/*.jpg to learn from")
    parser.add_argument("--out", type=Path, required=True, help="the .npz to write")
    parser.add_argument("--epochs", type=int, default=28)
    parser.add_argument("--drawn", type=int, default=400, help="drawn garments to add")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--hold-out", type=float, default=0.0, help="share of the photos kept for a check")
    options = parser.parse_args()
    start = time.perf_counter()
    rng = np.random.default_rng(options.seed)
    photos = list(load_photos(options.data))
    if not photos:
        sys.exit(f"no photos in {options.data}: expected {options.data}/<category>/*.jpg")
    order = rng.permutation(len(photos))
    held = [photos[i] for i in order[: round(len(photos) * options.hold_out)]]
    samples = [photos[i] for i in order[len(held) :]] + list(draw_samples(options.drawn, options.seed))
    report(f"{len(samples)} samples, {time.perf_counter() - start:.0f} s")
    model = train(samples, options.epochs, rng, start)
    weights = model.folded()
    network = Network(weights)
    if held:
        report(f"held out: {_check(network, held)}")
    weights |= summarise(network, samples)
    np.savez_compressed(
        options.out, allow_pickle=False, **{name: _short(value) for name, value in weights.items()}
    )
    report(f"{options.out}: {options.out.stat().st_size / 1e6:.2f} MB, {time.perf_counter() - start:.0f} s")


def report(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def train(samples: Sequence[Sample], epochs: int, rng: np.random.Generator, start: float) -> Model:
    """A model trained by stochastic gradient descent with Nesterov momentum and a cosine rate."""
    model = Model(rng, CHANNELS, WIDTHS, (len(CATEGORIES), len(PATTERNS)))
    parameters = model.parameters()
    per_epoch = len(samples) // BATCH
    for step, batch in enumerate(_prefetch(samples, per_epoch * epochs, rng)):
        loss = _learn(model, batch)
        rate = _rate(step / (per_epoch * epochs))
        for parameter in parameters:
            _move(parameter, rate)
        if (step + 1) % per_epoch == 0:
            report(f"epoch {(step + 1) // per_epoch}: loss {loss:.3f}, {time.perf_counter() - start:.0f} s")
    return model


def summarise(network: Network, samples: Sequence[Sample]) -> dict[str, Array]:
    """Main directions of the last features over the samples, and how tall each category usually is."""
    maps = np.stack([feature_maps(*cut_view(sample.layer, sample.frame)) for sample in samples])
    features = np.concatenate(
        [network.read(maps[i : i + BATCH]).signature for i in range(0, len(maps), BATCH)]
    )
    mean = features.mean(axis=0)
    _, _, axes = np.linalg.svd(features - mean, full_matrices=False)
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    heights = np.log([sample.frame.aspect for sample in samples])
    owners = np.array([sample.category for sample in samples])
    usual = [[heights[owners == i].mean(), heights[owners == i].std()] for i in range(len(CATEGORIES))]
    return {"signature_mean": mean, "signature_axes": axes[:SIGNATURE].T, "heights": np.array(usual)}


def _prefetch(samples: Sequence[Sample], steps: int, rng: np.random.Generator) -> Iterator[Batch]:
    """Batches, each made in another thread while the one before is learned from."""
    counts = np.bincount([sample.category for sample in samples])
    chances = np.array([counts[sample.category] ** -0.5 for sample in samples])
    chances /= chances.sum()

    def make(seed: int) -> Batch:
        own = np.random.default_rng(seed)
        return _make_batch([samples[i] for i in own.choice(len(samples), BATCH, p=chances)], own)

    seeds = [int(seed) for seed in rng.integers(2**62, size=steps)]
    with ThreadPoolExecutor(1) as worker:
        waiting = worker.submit(make, seeds[0])
        for seed in [*seeds[1:], seeds[-1]]:
            batch = waiting.result()
            waiting = worker.submit(make, seed)
            yield batch


def _make_batch(chosen: Sequence[Sample], rng: np.random.Generator) -> Batch:
    """Varied views, mixed in pairs (mixup, Zhang et al. 2018), with smoothed labels."""
    views = [vary(sample, rng) for sample in chosen]
    maps = np.stack([view[0] for view in views])
    categories = _targets([sample.category for sample in chosen], len(CATEGORIES))
    patterns = _targets([view[1] for view in views], len(PATTERNS))
    share = np.float32(rng.beta(MIXING, MIXING))
    other = rng.permutation(len(chosen))
    mixed = [share * part + (1 - share) * part[other] for part in (maps, categories, patterns)]
    return Batch(*mixed)


def _targets(labels: Sequence[int], classes: int) -> Array:
    rows = np.full((len(labels), classes), SMOOTHING / classes, dtype=np.float32)
    for row, label in zip(rows, labels, strict=True):
        if label == UNKNOWN:
            row[:] = 0
        else:
            row[label] += 1 - SMOOTHING
    return rows


def _learn(model: Model, batch: Batch) -> float:
    categories, patterns = model.forward(batch.maps)
    losses = [_entropy(categories, batch.categories), _entropy(patterns, batch.patterns)]
    model.backward(losses[0][1], losses[1][1] * np.float32(PATTERN_WEIGHT))
    return losses[0][0] + PATTERN_WEIGHT * losses[1][0]


def _entropy(scores: Array, targets: Array) -> tuple[float, Array]:
    """Cross entropy per row and its slope at the scores; rows of zeros count nothing."""
    found = softmax(scores)
    slope = found * targets.sum(axis=1, keepdims=True) - targets
    return float(-(targets * np.log(found + 1e-9)).sum() / len(scores)), slope / np.float32(len(scores))


def _rate(done: float) -> float:
    if done < WARM_UP:
        return RATE * (done / WARM_UP + 0.02)
    return RATE * 0.5 * (1 + float(np.cos(np.pi * (done - WARM_UP) / (1 - WARM_UP))))


def _move(parameter: Parameter, rate: float) -> None:
    slope = parameter.gradient
    if parameter.decays:
        slope = slope + np.float32(DECAY) * parameter.value
    parameter.momentum *= np.float32(MOMENTUM)
    parameter.momentum += slope
    parameter.value -= np.float32(rate) * (slope + np.float32(MOMENTUM) * parameter.momentum)


def _check(network: Network, samples: Sequence[Sample]) -> str:
    maps = np.stack([feature_maps(*cut_view(sample.layer, sample.frame)) for sample in samples])
    reading = network.read(maps)
    truth = np.array([(sample.category, sample.pattern) for sample in samples])
    known = truth[:, 1] != UNKNOWN
    category = (reading.categories.argmax(axis=1) == truth[:, 0]).mean()
    confusion = np.zeros((len(PATTERNS), len(PATTERNS)), dtype=int)
    np.add.at(confusion, (truth[known, 1], reading.patterns[known].argmax(axis=1)), 1)
    return f"category {category:.3f}, pattern {np.trace(confusion) / confusion.sum():.3f}\n{confusion}"


def _short(value: NDArray[np.floating]) -> NDArray[np.float16]:
    return value.astype(np.float16)


if __name__ == "__main__":
    main()
