"""Drawn persons to try clothes on: whole bodies of several skin tones, in plain clothes, before a wall."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from PIL import Image

from local.ai.images.drawing import draw_figure
from local.ai.images.figure import POSES
from local.ai.images.outfit import dress_up
from local.ai.images.words import read_prompt
from local.demo.canvas import HEIGHT, WIDTH

SIZE: Final = (768, 1152)
"""Width and height of a photo in pixels."""
_HIGH = 0.94  # share of the photo's height that the figure's sheet takes


@dataclass(frozen=True, slots=True)
class Person:
    """Who is drawn: words for `local.ai.images`, a pose, and the colour of the wall."""

    name: str
    words: str
    pose: int
    wall: tuple[int, int, int]
    seed: int


PEOPLE: Final = (
    Person("ada", "woman deep skin short hair, white tank top, black running shorts", 0, (214, 220, 224), 3),
    Person("ben", "man light skin short hair, grey tank top, navy running shorts", 0, (176, 196, 214), 5),
    Person(
        "mei",
        "woman porcelain skin black bob hair, navy tank top, grey running shorts",
        3,
        (182, 190, 210),
        9,
    ),
    Person("sol", "man brown skin short hair, white tank top, grey running shorts", 3, (222, 214, 226), 7),
    Person(
        "noor", "woman olive skin brown long hair, teal tank top, black running shorts", 0, (206, 214, 228), 8
    ),
)
"""Five skin tones; the clothes are such as garments go over well."""


def draw_person(person: Person) -> Image.Image:
    """The person as a photo of SIZE, RGB."""
    outfit = dress_up(read_prompt(person.words), np.random.default_rng(person.seed))
    outfit = replace(outfit, body=replace(outfit.body, pose=POSES[person.pose]))
    figure = draw_figure(outfit, person.seed)
    height = round(SIZE[1] * _HIGH)
    figure = figure.resize((round(WIDTH * height / HEIGHT), height), Image.Resampling.LANCZOS)
    wall = _draw_wall(person.wall)
    wall.paste(figure, ((SIZE[0] - figure.width) // 2, (SIZE[1] - height) // 2), figure.getchannel("A"))
    return wall


def _draw_wall(color: tuple[int, int, int]) -> Image.Image:
    """A wall lit from the upper left, and a floor."""
    y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
    light = 1.04 - 0.10 * (x / SIZE[0]) - 0.06 * (y / SIZE[1])
    light = np.where(y > 0.9 * SIZE[1], light * 0.86, light)
    grain = np.random.default_rng(1).normal(0, 0.006, light.shape)
    picture = np.array(color, dtype=np.float32) * (light + grain)[..., None]
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))
