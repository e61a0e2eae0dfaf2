"""Cutting a garment or a person out of a photo.

A first guess of what differs from the surroundings is refined by GrabCut (Rother et al. 2004, as in OpenCV),
which draws the border where colours change.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from local.ai.embedder.pixels import to_lab
from local.ai.embedder.segment import find_garment
from local.ai.tryon.people import expect_person

WORKING_SIDE = 288
_GUESS_SIDE = 96
_ROUNDS = 4
_CONTRAST = 3.0  # standard deviation of a channel, of 255, below which a photo shows nothing
_PEELINGS = 3
_SAME_WALL = 4.0  # the same for a wall and its light
_ALIKE = 11.0  # distance of colours in L*a*b* that counts as the same

Bytes = NDArray[Any]
Floats = NDArray[Any]


def cut_out(image: Image.Image) -> Bytes:
    """The alpha channel (height, width) of an RGB photo: 255 where its subject is."""
    small = _shrink(image, WORKING_SIDE)
    pixels = np.asarray(small)
    garment = _guess_garment(small)
    person = expect_person(pixels, garment)
    is_person = person is not None
    guess = garment if person is None else person
    alpha = _refine(pixels, guess)
    if is_person:
        alpha = _peel(alpha, guess, to_lab(pixels))
    alpha = _clean(alpha, guess, to_lab(pixels), keep_holes=is_person)
    return _enlarge(alpha, image)


def _shrink(image: Image.Image, longest: int) -> Image.Image:
    scale = longest / max(image.size)
    size = (max(16, round(image.width * scale)), max(16, round(image.height * scale)))
    return image.resize(size, Image.Resampling.BOX if scale < 1 else Image.Resampling.BILINEAR)


def _guess_garment(small: Image.Image) -> Floats:
    """Probability of each pixel, from the local embedder's view of what a product photo shows."""
    guess = find_garment(to_lab(np.asarray(_shrink(small, _GUESS_SIDE)))).astype(np.float32)
    return cv2.resize(guess, small.size, interpolation=cv2.INTER_LINEAR)


def _refine(pixels: Bytes, guess: Floats) -> Bytes:
    """GrabCut from the guess; what the guess is sure of stays."""
    smooth = cv2.bilateralFilter(pixels, 5, 30, 3)
    if smooth.reshape(-1, 3).std(axis=0).max() < _CONTRAST:
        # No border to find: GrabCut would weigh every pixel against every other, for minutes.
        return (guess > 0.5).astype(np.uint8)
    h, w = guess.shape
    labels = np.where(guess > 0.5, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    inner = (guess >= 1.0).astype(np.uint8)
    if not inner.any():
        inner = cv2.erode((guess > 0.9).astype(np.uint8), _disc(max(3, min(h, w) // 12)))
    outer = cv2.dilate((guess > 0.25).astype(np.uint8), _disc(5 if (guess >= 1.0).any() else min(h, w) // 12))
    labels[inner > 0] = cv2.GC_FGD
    labels[outer == 0] = cv2.GC_BGD
    if not (labels == cv2.GC_FGD).any():
        labels[guess >= np.quantile(guess, 0.97)] = cv2.GC_FGD
    if not (labels % 2 == 0).any():
        labels[:2] = cv2.GC_BGD
    cv2.setRNGSeed(1)  # its clusters start at random, and the same photo shall give the same mask
    backdrop, subject = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(smooth, labels, None, backdrop, subject, _ROUNDS, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    return ((labels == cv2.GC_FGD) | (labels == cv2.GC_PR_FGD)).astype(np.uint8)


def _peel(mask: Bytes, guess: Floats, lab: NDArray[np.floating]) -> Bytes:
    """Without the wall between arms, torso and legs: what has the colour of the nearest surroundings.

    GrabCut takes it for the person where its cluster of colours is that of clothes too.
    """
    smooth: Floats = np.asarray(cv2.GaussianBlur(lab.astype(np.float32), (3, 3), 0), dtype=np.float32)
    for _ in range(_PEELINGS):
        alike = _is_wall(mask, smooth) | _is_wall(mask.T, smooth.transpose(1, 0, 2)).T
        alike &= (mask > 0) & (guess < 1.0)
        wall = cv2.morphologyEx(alike.astype(np.uint8), cv2.MORPH_OPEN, _disc(5))
        mask = np.where(cv2.dilate(wall, _disc(3)) > 0, 0, mask).astype(np.uint8)
    return mask


def _is_wall(mask: Bytes, lab: NDArray[np.floating]) -> Bytes:
    """Whether a pixel has the colour of what is next in its row outside of the mask, on either side."""
    h, w = mask.shape
    x = np.broadcast_to(np.arange(w), (h, w))
    outside = cv2.erode(np.ascontiguousarray(1 - mask), _disc(5)) > 0
    before = np.maximum.accumulate(np.where(outside, x, -w), axis=1)
    after = np.minimum.accumulate(np.where(outside, x, 2 * w)[:, ::-1], axis=1)[:, ::-1]
    rows = np.arange(h)[:, None]
    alike = np.zeros((h, w), dtype=np.bool_)
    for edge, known in ((before, before >= 0), (after, after < w)):
        distance = np.linalg.norm(lab - lab[rows, np.clip(edge, 0, w - 1)], axis=-1)
        alike |= known & (distance < _SAME_WALL)
    return alike


def _clean(mask: Bytes, guess: Floats, lab: NDArray[np.floating], *, keep_holes: bool) -> Bytes:
    """Without crumbs and threads; small holes closed, several large parts (a pair of shoes) kept."""
    mask = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, _disc(3))
    mask = cv2.morphologyEx(mask, cv2.MORPH_OPEN, _disc(5))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    if count < 2:
        return (guess > 0.5).astype(np.uint8)
    areas = stats[:, cv2.CC_STAT_AREA].copy()
    areas[0] = 0
    kept = np.isin(labels, np.flatnonzero(areas >= (0.01 if keep_holes else 0.25) * areas.max())).astype(
        np.uint8
    )
    edge = _border(lab)
    holes, labels, stats, _ = cv2.connectedComponentsWithStats(1 - kept, connectivity=4)
    for number in range(1, holes):
        left, top, wide, high, area = stats[number]
        inside = left > 0 and top > 0 and left + wide < mask.shape[1] and top + high < mask.shape[0]
        if not inside or area > 0.02 * mask.size:
            continue
        shown = np.median(lab[labels == number], axis=0)
        like_surroundings = np.linalg.norm(edge - shown, axis=1).min() < _ALIKE
        if area < 0.002 * mask.size or not (like_surroundings or keep_holes):
            kept[labels == number] = 1
    return kept


def _border(lab: NDArray[np.floating]) -> NDArray[np.floating]:
    """Some colours of the photo's margin."""
    margin = np.concatenate([lab[:4].reshape(-1, 3), lab[:, :4].reshape(-1, 3), lab[:, -4:].reshape(-1, 3)])
    return margin[:: max(1, len(margin) // 60)]


def _enlarge(mask: Bytes, image: Image.Image) -> Bytes:
    """At the photo's size, its edge drawn along the photo's own edges (guided filter, He et al. 2010)."""
    width, height = image.size
    soft = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
    grey = np.asarray(image.convert("L"), dtype=np.float32) / 255
    radius = max(3, round(max(width, height) / WORKING_SIDE * 2.5))
    alpha = _guided(grey, soft, radius, 1e-3)
    alpha = np.clip((alpha - 0.5) * 2.2 + 0.5, 0, 1)
    return np.rint(alpha * 255).astype(np.uint8)


def _guided(guide: Floats, values: Floats, radius: int, ridge: float) -> Floats:
    size = (2 * radius + 1, 2 * radius + 1)

    def mean(field: Floats) -> Floats:
        return cv2.blur(field, size).astype(np.float32)

    guide_mean, value_mean = mean(guide), mean(values)
    slope = (mean(guide * values) - guide_mean * value_mean) / (mean(guide * guide) - guide_mean**2 + ridge)
    offset = value_mean - slope * guide_mean
    return mean(slope) * guide + mean(offset)


def _disc(size: int) -> Bytes:
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size | 1, size | 1)).astype(np.uint8)
