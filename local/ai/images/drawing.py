"""The whole picture: a person in an outfit, in front of a scene."""

from dataclasses import replace

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter

from local.ai.images import accessories
from local.ai.images.figure import HEAD, SIDES, draw_arm, draw_head, draw_legs, draw_torso
from local.ai.images.garments.coats import (
    OUTERS,
    draw_outer,
    draw_outer_back,
    draw_outer_collar,
    draw_outer_sleeve,
)
from local.ai.images.garments.dresses import DRESSES, draw_dress
from local.ai.images.garments.skirts import SKIRTS, draw_skirt
from local.ai.images.garments.tops import TOPS, TopCut, draw_collar, draw_sleeve, draw_top
from local.ai.images.garments.trousers import LEGS, draw_trousers
from local.ai.images.hair import draw_hair_above, draw_hair_behind
from local.ai.images.outfit import Garment, Outfit, dress_up
from local.ai.images.scenes import SCENES, draw_scene
from local.ai.images.words import read_prompt
from local.demo.canvas import HEIGHT, WIDTH, Sheet
from local.demo.patterns import RGB
from local.demo.spec import COLORS, GarmentSpec

LONG_SIDE = 1024
_FEET_AT = 0.955
_FIGURE_SHARE = 0.945


def draw_picture(prompt: str, across: int, down: int, seed: int) -> Image.Image:
    """An RGB picture of what the prompt asks for; `across` to `down` is its shape."""
    rng = np.random.default_rng(seed)
    wanted = read_prompt(prompt)
    outfit = dress_up(wanted, rng)
    size = fit_size(across, down)
    left = 0.5 + float(rng.uniform(-0.02, 0.02))
    if across > down:
        left = float(rng.choice([0.36, 0.42, 0.58, 0.64]))
    scene = wanted.scene or "studio"
    background = draw_scene(scene, size, left, int(rng.integers(2**31)))
    figure = draw_figure(outfit, int(rng.integers(1000)))
    return _place(background, figure, outfit, left, SCENES[scene].light)


def fit_size(across: int, down: int) -> tuple[int, int]:
    """Width and height in pixels: the longer side has 1,024."""
    scale = LONG_SIDE / max(across, down)
    return round(across * scale), round(down * scale)


def draw_figure(outfit: Outfit, seed: int) -> Image.Image:
    """The dressed person alone, as an RGBA picture of the sheet's size."""
    sheet, body, worn = Sheet(seed), outfit.body, outfit.garments
    outer = worn.get("outer")
    draw_hair_behind(sheet, body, outfit.hair)
    if outer and OUTERS[outer.cut].hem > 4.2:
        draw_outer_back(sheet, body, outer.cloth, OUTERS[outer.cut])
    draw_legs(sheet, body, outfit.skin)
    draw_torso(sheet, body, outfit.skin)
    _draw_clothes(sheet, outfit)
    if outer:
        draw_outer(sheet, body, outer.cloth, OUTERS[outer.cut])
    for side in SIDES:
        _draw_arm(sheet, outfit, side)
    if outer:
        draw_outer_collar(sheet, body, outer.cloth, OUTERS[outer.cut])
    if scarf := worn.get("scarf"):
        accessories.draw_scarf(sheet, body, scarf.cloth)
    draw_head(sheet, body, outfit.skin)
    draw_hair_above(sheet, body, outfit.hair)
    if glasses := worn.get("glasses"):
        accessories.draw_glasses(sheet, body, glasses.cloth)
    if necklace := worn.get("necklace"):
        accessories.draw_necklace(sheet, body, necklace.cloth)
    if bag := worn.get("bag"):
        accessories.draw_bag(sheet, body, bag.cloth, bag.cut)
    figure = sheet.image()
    hat = worn.get("hat")
    return accessories.put_on_hat(figure, body, _hat_spec(hat, seed)) if hat else figure


def _draw_clothes(sheet: Sheet, outfit: Outfit) -> None:
    """Shoes, then what is worn under a jacket, from the inside out."""
    body, worn = outfit.body, outfit.garments
    shoes = worn["shoes"]
    over = shoes.cut in accessories.BOOTS and not _is_wide(worn.get("bottom"))
    if not over:
        accessories.draw_shoes(sheet, body, outfit.skin, shoes.cloth, shoes.cut)
    if dress := worn.get("dress"):
        draw_dress(sheet, body, dress.cloth, DRESSES[dress.cut])
    tucked = [top for top in outfit.layers if _is_tucked(top, outfit)]
    for top in tucked:
        draw_top(sheet, body, top.cloth, _cut_top(top, outfit))
    if bottom := worn.get("bottom"):
        _draw_bottom(sheet, outfit, bottom)
    if over:
        accessories.draw_shoes(sheet, body, outfit.skin, shoes.cloth, shoes.cut)
    if tie := worn.get("tie"):
        accessories.draw_tie(sheet, body, tie.cloth)
    for top in outfit.layers:
        if top not in tucked:
            draw_top(sheet, body, top.cloth, TOPS[top.cut])
    inner = outfit.layers[0] if len(outfit.layers) > 1 else None
    if inner and TOPS[inner.cut].neck == "collar":
        draw_collar(sheet, body, inner.cloth, 0.24)
    if belt := worn.get("belt"):
        accessories.draw_belt(sheet, body, belt.cloth, _waist_of(worn.get("bottom")))


def _draw_bottom(sheet: Sheet, outfit: Outfit, bottom: Garment) -> None:
    if bottom.cut in LEGS:
        draw_trousers(sheet, outfit.body, bottom.cloth, LEGS[bottom.cut])
    else:
        draw_skirt(sheet, outfit.body, bottom.cloth, SKIRTS[bottom.cut])


def _draw_arm(sheet: Sheet, outfit: Outfit, side: int) -> None:
    """An arm with the outermost sleeve on it, and the inner one where that is longer."""
    outer = outfit.garments.get("outer")
    cut, cloth = _inner_sleeve(outfit)
    covered = max(cut.sleeve if cut else 0.0, OUTERS[outer.cut].sleeve if outer else 0.0)
    draw_arm(sheet, outfit.body, outfit.skin, side, covered)
    if outer and OUTERS[outer.cut].sleeve:
        draw_outer_sleeve(sheet, outfit.body, outer.cloth, OUTERS[outer.cut], side)
    elif cut and cloth:
        draw_sleeve(sheet, outfit.body, cloth.cloth, cut, side)


def _inner_sleeve(outfit: Outfit) -> tuple[TopCut | None, Garment | None]:
    if dress := outfit.garments.get("dress"):
        return DRESSES[dress.cut].top, dress
    if not outfit.layers:
        return None, None
    top = outfit.layers[-1]
    return _cut_top(top, outfit), top


def _cut_top(top: Garment, outfit: Outfit) -> TopCut:
    """The cut of a top; tucked in, it ends below the waistband and lies close to the body."""
    cut = TOPS[top.cut]
    if not _is_tucked(top, outfit):
        return cut
    return replace(cut, hem=_waist_of(outfit.garments["bottom"]) + 0.12, ease=min(cut.ease, 2.5), ribs=False)


def _is_tucked(top: Garment, outfit: Outfit) -> bool:
    """Shirts and thin tops go into skirts and smart trousers; all of them under a short jacket."""
    bottom, outer = outfit.garments.get("bottom"), outfit.garments.get("outer")
    if bottom is None or top.cut == "crop":
        return False
    short = outer is not None and OUTERS[outer.cut].hem < TOPS[top.cut].hem + 0.1
    if bottom.cut in SKIRTS or short or "belt" in outfit.garments or "tie" in outfit.garments:
        return True
    return TOPS[top.cut].tucks and bottom.cut in (
        "wide-leg",
        "tailored",
        "chinos",
        "bermuda",
        "leggings",
        "jeans",
    )


def _is_wide(bottom: Garment | None) -> bool:
    return bottom is not None and bottom.cut in LEGS and LEGS[bottom.cut].ease[2] > 8


def _waist_of(bottom: Garment | None) -> float:
    if bottom is None:
        return 2.82
    return LEGS[bottom.cut].waist if bottom.cut in LEGS else SKIRTS[bottom.cut].waist


def _hat_spec(hat: Garment, seed: int) -> GarmentSpec:
    color = _name_color(hat.cloth.color)
    return GarmentSpec(
        "hat", hat.cut, color, _name_color(hat.cloth.accent), hat.cloth.pattern, hat.cloth.weave, 1.4, seed
    )


def _name_color(color: RGB) -> str:
    """The shop's colour nearest to this one."""
    return min(COLORS, key=lambda name: sum((a - b) ** 2 for a, b in zip(COLORS[name], color, strict=True)))


def _place(
    background: Image.Image, figure: Image.Image, outfit: Outfit, left: float, light: RGB
) -> Image.Image:
    """The figure on the ground of its scene, with the shadows of its feet."""
    width, height = background.size
    scale = _FIGURE_SHARE * height / HEIGHT
    low = accessories.lowest(outfit.body)
    sheet = (round(WIDTH * scale), round(HEIGHT * scale))
    x = round(width * left - sheet[0] / 2)
    y = round(_FEET_AT * height - low * scale)
    picture = background.copy()
    picture.paste(_tint((74, 60, 62), picture.size), (0, 0), _shadow(outfit, picture.size, (x, y), scale))
    small = figure.resize(sheet, Image.Resampling.LANCZOS)
    lit = ImageChops.multiply(small.convert("RGB"), _tint(light, sheet))
    picture.paste(lit, (x, y), small.getchannel("A"))
    return picture


def _tint(color: RGB, size: tuple[int, int]) -> Image.Image:
    return Image.new("RGB", size, color)


def _shadow(outfit: Outfit, size: tuple[int, int], at: tuple[int, int], scale: float) -> Image.Image:
    mask = Image.new("L", size, 0)
    pen = ImageDraw.Draw(mask)
    for foot_x, foot_y in accessories.ground_shadow(outfit.body):
        px, py = at[0] + foot_x * scale, at[1] + foot_y * scale
        for wide, high, depth in ((1.1, 0.15, 60), (0.42, 0.09, 130)):
            rx, ry = wide * HEAD * scale, high * HEAD * scale
            pen.ellipse((px - 0.7 * rx, py - ry, px + 1.3 * rx, py + ry), fill=depth)
    return mask.filter(ImageFilter.GaussianBlur(7 * scale))
