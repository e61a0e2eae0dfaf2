"""Principal directions that are not centred: inner products must keep their values, so no mean is removed."""

import numpy as np
from numpy.typing import NDArray

from runtime.vectors.engine.arrays import Floats

SAMPLE_ROWS = 20_000


def principal_directions(x: NDArray[np.float32] | NDArray[np.float16], count: int, *, seed: int) -> Floats:
    """Orthonormal (d, count) directions in which a sample of the (n, d) rows has most energy.

    They are the leading eigenvectors of X'X (not of the covariance): the inner product of two projected
    vectors is then the best approximation of the full one in the least squares sense.
    """
    n = len(x)
    rows = (
        np.random.default_rng(seed).choice(n, SAMPLE_ROWS, replace=False) if n > SAMPLE_ROWS else slice(None)
    )
    sample = x[rows].astype(np.float32, copy=False)
    energies, directions = np.linalg.eigh((sample.T @ sample).astype(np.float64))
    leading = np.argsort(energies)[::-1][:count]
    return np.ascontiguousarray(directions[:, leading], dtype=np.float32)
