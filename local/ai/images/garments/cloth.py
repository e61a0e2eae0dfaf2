"""What all clothes share: derived cloths, and small geometry."""

from dataclasses import replace

from local.demo.curves import Point, Points
from local.demo.patterns import RGB, Cloth, mix

_DARK: RGB = (22, 18, 20)


def darken(color: RGB, share: float = 0.5) -> RGB:
    """The colour of seams, openings and shadows on a fabric."""
    return mix(color, _DARK, share)


def plain(cloth: Cloth, weave: str | None = None, shade: float = 0.0) -> Cloth:
    """The cloth's main colour without its pattern."""
    return replace(cloth, color=darken(cloth.color, shade), pattern="plain", weave=weave or cloth.weave)


def pair(point: Points) -> Point:
    return float(point[0]), float(point[1])


def first_point(line: Points) -> Point:
    return pair(line[0])


def last_point(line: Points) -> Point:
    return pair(line[-1])


def middle(one: Points, other: Points, down: float) -> Point:
    return float(one[0] + other[0]) / 2, float(one[1] + other[1]) / 2 + down


def at_share(line: Points, share: float) -> Points:
    return line[min(int(share * (len(line) - 1)), len(line) - 1)]
