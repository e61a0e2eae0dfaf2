"""What is looked at after a model has dressed someone."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from runtime.fitting.port import Rendered, RenderRequest

MOST_CHANGE = 12
CHANGED = "The picture may have changed outside the garment as well."


def check_look(request: RenderRequest, rendered: Rendered) -> tuple[str, ...]:
    """What is wrong with a result, as sentences for the shopper; none when all is well."""
    before, after = _read(request.person), _read(rendered.image)
    if before.shape != after.shape:
        return (CHANGED,)
    kept = np.asarray(Image.open(io.BytesIO(rendered.mask)).convert("L")) == 0
    return (CHANGED,) if np.abs(before - after)[kept].max(initial=0) > MOST_CHANGE else ()


def _read(picture: bytes) -> NDArray[np.int16]:
    return np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=np.int16)
