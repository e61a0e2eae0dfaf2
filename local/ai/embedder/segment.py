"""Finds the garment in a product photo: what differs from the surroundings and sits in the middle."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.ai.embedder.pixels import Array, box_blur, prepare_image, to_lab, upright_size

LAYER_SIDE = 160  # pixels of the longer side of a cut-out
MASK_SIDE = 96  # pixels of the longer side when looking for the garment
_BINS = (12, 14, 14)  # histogram cells of L*, a*, b*
_COLORS = 5  # main colours of the margin
_TURNS = 6
_ROUNDS = 3
_LEANING = 0.3  # of the log odds that a place is garment before looking


def garment_mask(image: Image.Image) -> NDArray[np.float32]:
    """How much each pixel belongs to the garment: (height, width) of the upright picture, 0..1."""
    return full_mask(cut_out(image), upright_size(image))


def full_mask(layer: Image.Image, size: tuple[int, int]) -> NDArray[np.float32]:
    """The mask of a cut-out at another size (width, height), as (height, width) of 0..1."""
    mask = layer.getchannel("A").resize(size, Image.Resampling.BILINEAR)
    return np.asarray(mask, dtype=np.float32) / np.float32(255)


def cut_out(image: Image.Image) -> Image.Image:
    """The photo as RGBA, at most LAYER_SIDE pixels long, with the garment's mask as alpha."""
    layer = prepare_image(image, LAYER_SIDE)
    small = _shrink(layer, MASK_SIDE)
    mask = find_garment(to_lab(np.asarray(small)))
    alpha = Image.fromarray(np.rint(mask * 255).astype(np.uint8))
    layer.putalpha(alpha.resize(layer.size, Image.Resampling.BILINEAR))
    return layer


def _shrink(image: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(image.size)
    size = (max(8, round(image.width * scale)), max(8, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)


def find_garment(lab: Array) -> Array:
    """Soft mask (h, w) of the garment in a small L*a*b* picture (h, w, 3).

    What differs from the picture's margin is the first guess. Colour histograms of garment and surroundings
    then refine it a few times, as in GrabCut (Rother et al. 2004), with blurred evidence for its graph cut.
    """
    h, w = lab.shape[:2]
    prior = _expect_centre(h, w)
    margin = _margin(h, w)
    codes = _code_colors(lab)
    garment = np.clip((_difference_from(lab, lab[margin]) - 0.6) / 1.4, 0.02, 0.98) * prior
    leaning = _LEANING * np.log(prior / (1 - prior))
    for _ in range(_ROUNDS):
        garment = _reestimate(codes, garment, leaning, margin)
    return _fill_holes(garment)


def _expect_centre(h: int, w: int) -> Array:
    """How likely each place shows the garment, before looking."""
    y = np.linspace(-1, 1, h, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, w, dtype=np.float32)[None, :]
    return 0.08 + 0.84 * np.exp(-((x / 0.85) ** 6) - (y / 0.88) ** 6)


def _margin(h: int, w: int) -> NDArray[np.bool_]:
    """The strip along the edges that rarely shows the garment; narrower below, where trousers may reach."""
    margin = np.ones((h, w), dtype=np.bool_)
    edge = max(2, round(0.05 * max(h, w)))
    margin[edge : h - edge // 2 - 1, edge : w - edge] = False
    return margin


def _difference_from(lab: Array, samples: Array) -> Array:
    """Distance of each pixel from the nearest main colour of the samples, in units of its spread."""
    weights = np.array([0.6, 1.3, 1.3], dtype=np.float32)  # hue tells more than light, which shadows change
    colors, spread, counts = _cluster(samples * weights)
    reach = (np.sqrt(spread) + 5) / np.where(counts > 0.04 * len(samples), 1, 3)
    return (
        np.sqrt(_squared_distances(lab.reshape(-1, 3) * weights, colors) / (2 * reach) ** 2)
        .min(1)
        .reshape(lab.shape[:2])
    )


def _cluster(samples: Array) -> tuple[Array, Array, Array]:
    """k-means from fixed starts along the samples' lightness: centres, mean squared distances, counts."""
    order = np.argsort(samples @ np.array([1.6, 0.5, 0.3], dtype=np.float32))
    centres = samples[order[np.linspace(0, len(order) - 1, 2 * _COLORS + 1).astype(int)[1::2]]]
    for _ in range(_TURNS):
        chosen, _ = _nearest(samples, centres)
        counts = chosen.sum(axis=0)[:, None]
        centres = np.where(counts > 0, chosen.T @ samples / np.maximum(counts, 1), centres)
    chosen, squared = _nearest(samples, centres)
    counts = chosen.sum(axis=0)
    return centres, (chosen * squared).sum(axis=0) / np.maximum(counts, 1), counts


def _nearest(samples: Array, centres: Array) -> tuple[Array, Array]:
    """Which centre is nearest, as rows of one 1 among zeros, and all squared distances."""
    squared = _squared_distances(samples, centres)
    return np.eye(len(centres), dtype=np.float32)[squared.argmin(axis=1)], squared


def _squared_distances(points: Array, centres: Array) -> Array:
    """(n, 3) and (k, 3) to (n, k)."""
    lengths = (points**2).sum(axis=1)[:, None] + (centres**2).sum(axis=1)
    return np.maximum(lengths - 2 * points @ centres.T, 0)


def _code_colors(lab: Array) -> NDArray[np.intp]:
    """The histogram cell of each pixel."""
    low, span = np.array([0, -40, -40], dtype=np.float32), np.array([100, 80, 80], dtype=np.float32)
    bins = np.array(_BINS)
    cell = np.clip((lab - low) / span * bins, 0, bins - 1).astype(np.intp)
    return (cell[..., 0] * bins[1] + cell[..., 1]) * bins[2] + cell[..., 2]


def _reestimate(codes: NDArray[np.intp], garment: Array, leaning: Array, margin: NDArray[np.bool_]) -> Array:
    """The garment's probability from how common each colour is inside and outside of the last estimate."""
    outside = np.where(margin, np.maximum(1 - garment, 0.7), 1 - garment)
    inside, outside = _histogram(codes, garment), _histogram(codes, outside)
    evidence = np.clip(np.log(inside / outside)[codes], -4, 4)
    return 1 / (1 + np.exp(-evidence - box_blur(evidence, 2) - leaning))


def _fill_holes(garment: Array) -> Array:
    """With whatever has garment on all four sides, such as a print in the colour of the wall."""
    seen = np.maximum.accumulate
    sides = (
        seen(garment, axis=0),
        seen(garment[::-1], axis=0)[::-1],
        seen(garment, axis=1),
        seen(garment[:, ::-1], axis=1)[:, ::-1],
    )
    return np.maximum(garment, np.minimum.reduce(sides))


def _histogram(codes: NDArray[np.intp], weights: Array) -> Array:
    """Share of each colour cell, smoothed over neighbouring cells, never zero."""
    counts = (
        np.bincount(codes.ravel(), weights.ravel(), int(np.prod(_BINS))).reshape(_BINS).astype(np.float32)
    )
    for axis in range(3):
        turned = np.moveaxis(counts, axis, 0)
        spread = 0.6 * turned
        spread[1:] += 0.2 * turned[:-1]
        spread[:-1] += 0.2 * turned[1:]
        counts = np.moveaxis(spread, 0, axis)
    flat = counts.ravel()
    return flat / max(float(flat.sum()), 1e-6) + np.float32(2e-5)
