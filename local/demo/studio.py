"""The studio: an empty wall, and the picture of a garment in front of it."""

from functools import lru_cache

import numpy as np
from PIL import Image

from local.demo import shading
from local.demo.canvas import HEIGHT, WIDTH
from local.demo.patterns import RGB

WALL: RGB = (238, 236, 232)


@lru_cache(maxsize=1)
def wall() -> Image.Image:
    """The empty wall, brighter at the upper left, with a faint vignette."""
    y, x = np.mgrid[0:HEIGHT, 0:WIDTH].astype(np.float32)
    glow = np.exp(-(((x - 300) / 560) ** 2 + ((y - 380) / 700) ** 2))
    corner = np.clip(np.hypot((x - 384) / 384, (y - 512) / 512) - 0.55, 0, 1) ** 1.6
    tone = 0.955 + 0.065 * glow - 0.085 * corner
    dither = np.random.default_rng(3).uniform(-0.5, 0.5, (HEIGHT, WIDTH)).astype(np.float32)
    color = np.array(WALL, dtype=np.float32) * tone[..., None] + dither[..., None]
    return Image.fromarray(np.clip(color, 0, 255).astype(np.uint8))


def photograph(garment: Image.Image) -> Image.Image:
    """The RGBA `garment` in the studio, with its soft shadow on the wall behind, as an RGB picture."""
    alpha = garment.getchannel("A")
    quarter = np.asarray(alpha.reduce(4), dtype=np.float32)
    near = np.roll(shading.blur(quarter, 2.2), (2, 1), (0, 1))
    far = np.roll(shading.blur(quarter, 9.0), (9, 5), (0, 1))
    dim = Image.fromarray(np.clip(0.26 * near + 0.24 * far, 0, 150).astype(np.uint8))
    shadow = dim.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    scene = wall().copy()
    scene.paste((92, 82, 80), (0, 0), shadow)
    scene.paste(garment.convert("RGB"), (0, 0), alpha)
    return scene
