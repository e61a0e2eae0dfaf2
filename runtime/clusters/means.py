"""What categories have in common, and what is left of a vector without that: its style.

Products of one category look alike before anything else, so groups of whole vectors follow the cut of a
garment. A vector less the mean of its category tells what the product has of its own: colours, material, how
it is pictured. Groups of that go across categories, so that a dress can say something of shoes.

    mean(c) = (sum of the vectors of c + STEADINESS * mean of all vectors) / (n(c) + STEADINESS)

A category of few products leans on the mean of all (an estimate between the two, as James and Stein, 1961);
of one that nobody knows that mean is all there is.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEADINESS = 2.0
EVERYTHING = ""
"""The name under which the mean of all vectors goes."""

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class CategoryMeans:
    """Row i of `means` (m, d) belongs to category `names[i]`; the first one is EVERYTHING."""

    names: tuple[str, ...]
    means: Vectors

    def take_away(self, vectors: Vectors, categories: Sequence[str]) -> Vectors:
        """The vectors (n, d), each less the mean of its category; a new array."""
        places = {name: place for place, name in enumerate(self.names)}
        return vectors - self.means[[places.get(category, 0) for category in categories]]


def average(vectors: Vectors, categories: Sequence[str]) -> CategoryMeans:
    """The means of n >= 1 vectors (n, d) by their categories."""
    everything = vectors.mean(axis=0)
    names = sorted({*categories} - {EVERYTHING})
    places = {name: place for place, name in enumerate(names)}
    rows = np.array([places.get(category, len(names)) for category in categories])
    means = [everything]
    for place in range(len(names)):
        own = vectors[rows == place]
        means.append((own.sum(axis=0) + STEADINESS * everything) / (len(own) + STEADINESS))
    return CategoryMeans((EVERYTHING, *names), np.array(means, dtype=np.float32))
