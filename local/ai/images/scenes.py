"""Quiet backgrounds: where an outfit is worn, told in a few soft shapes.

Drawn in a space 1000 units high, whose width follows the picture, at half size, and softened.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from local.demo.patterns import RGB, mix

GROUND = 860.0
"""Where the floor begins to be seen from above; feet stand below it."""


@dataclass
class Stage:
    """An empty picture to draw a scene on; `pen` draws in pixels, the methods in units."""

    image: Image.Image
    rng: np.random.Generator
    left: float
    """Where the figure stands, as a share of the width."""

    def __post_init__(self) -> None:
        self.pen = ImageDraw.Draw(self.image, "RGBA")
        self.unit = self.image.height / 1000
        self.width = self.image.width / self.unit

    def sky(self, top: RGB, bottom: RGB, until: float = 1000) -> None:
        """A gradient from the top down to `until`."""
        rows = min(int(until * self.unit), self.image.height)
        shares = np.linspace(0, 1, rows)[:, None, None]
        tones = np.array(top) + (np.array(bottom) - np.array(top)) * shares
        block = np.broadcast_to(tones, (rows, self.image.width, 3)).astype(np.uint8)
        self.image.paste(Image.fromarray(np.ascontiguousarray(block)), (0, 0))

    def box(
        self, left: float, top: float, right: float, bottom: float, color: RGB, alpha: float = 1.0
    ) -> None:
        u = self.unit
        self.pen.rectangle((left * u, top * u, right * u, bottom * u), fill=(*color, round(255 * alpha)))

    def round_box(
        self, left: float, top: float, right: float, bottom: float, radius: float, color: RGB
    ) -> None:
        u = self.unit
        self.pen.rounded_rectangle((left * u, top * u, right * u, bottom * u), radius * u, fill=color)

    def disc(
        self, x: float, y: float, rx: float, color: RGB, alpha: float = 1.0, ry: float | None = None
    ) -> None:
        u, ry = self.unit, rx if ry is None else ry
        self.pen.ellipse(
            ((x - rx) * u, (y - ry) * u, (x + rx) * u, (y + ry) * u), fill=(*color, round(255 * alpha))
        )

    def shape(self, points: Sequence[tuple[float, float]], color: RGB, alpha: float = 1.0) -> None:
        self.pen.polygon(
            [(x * self.unit, y * self.unit) for x, y in points], fill=(*color, round(255 * alpha))
        )

    def line(
        self, points: Sequence[tuple[float, float]], color: RGB, width: float, alpha: float = 1.0
    ) -> None:
        self.pen.line(
            [(x * self.unit, y * self.unit) for x, y in points],
            fill=(*color, round(255 * alpha)),
            width=max(1, round(width * self.unit)),
            joint="curve",
        )

    def ridge(self, base: float, height: float, color: RGB, bumps: float) -> None:
        """A gentle horizon of hills from `base` down."""
        x = np.linspace(0, self.width, 60)
        phase = self.rng.uniform(0, 6, 3)
        wave = np.sin(x / self.width * bumps + phase[0]) + 0.5 * np.sin(
            x / self.width * bumps * 2.3 + phase[1]
        )
        y = base - height * (0.5 + 0.33 * wave)
        self.shape([*zip(x.tolist(), y.tolist(), strict=True), (self.width, 1000), (0, 1000)], color)

    def glow(self, x: float, y: float, radius: float, color: RGB, alpha: float) -> None:
        """A soft light."""
        side = max(2, round(2 * radius * self.unit))
        across = np.linspace(-1, 1, side)
        falloff = np.clip(1 - np.hypot(across[:, None], across[None, :]), 0, 1) ** 1.5
        mask = Image.fromarray((255 * alpha * falloff).astype(np.uint8))
        self.image.paste(color, (round((x - radius) * self.unit), round((y - radius) * self.unit)), mask)

    def off(self, share: float) -> float:
        """x at a share of the width."""
        return self.width * share

    def aside(self, near: float, far: float) -> float:
        """x beside the figure: between `near` and `far` units from it, on the side with more room."""
        side = 1 if self.left < 0.5 or (self.left == 0.5 and self.rng.random() < 0.5) else -1
        return self.off(self.left) + side * float(self.rng.uniform(near, far))


@dataclass(frozen=True, slots=True)
class Scene:
    """How a scene is drawn, how soft it is, and how it lights the figure (a colour to multiply with)."""

    draw: Callable[[Stage], None]
    blur: float = 2.2
    light: RGB = (255, 255, 255)


def _studio(stage: Stage) -> None:
    tones: list[tuple[RGB, RGB]] = [
        ((236, 230, 222), (214, 196, 178)),
        ((228, 232, 230), (182, 198, 194)),
        ((238, 228, 228), (214, 182, 180)),
        ((230, 230, 238), (186, 190, 212)),
        ((240, 234, 218), (222, 196, 150)),
    ]
    wall, shape = tones[int(stage.rng.integers(len(tones)))]
    stage.sky(mix(wall, (255, 255, 255), 0.25), wall)
    x = stage.off(stage.left)
    kind = int(stage.rng.integers(3))
    if kind == 0:
        stage.disc(x + float(stage.rng.uniform(-70, 70)), 400, 285, shape, 0.75)
    elif kind == 1:
        tone = mix(wall, shape, 0.75)
        stage.disc(x, 420, 245, tone)
        stage.box(x - 245, 420, x + 245, 1000, tone)
    else:
        stage.box(x - 300, 150, x + 80, 1000, shape, 0.6)
        stage.disc(x + 150, 250, 120, mix(shape, (255, 255, 255), 0.35), 0.9)
    stage.box(0, GROUND, stage.width, 1000, mix(wall, (150, 130, 112), 0.18))


def _beach(stage: Stage) -> None:
    dusk = stage.rng.random() < 0.35
    top, low = ((246, 196, 158), (252, 228, 196)) if dusk else ((158, 206, 232), (226, 240, 242))
    sea = (112, 150, 170) if dusk else (84, 164, 186)
    stage.sky(top, low, 560)
    sun = stage.aside(150, 260)
    stage.glow(sun, 330 if dusk else 190, 150, (255, 244, 214), 0.5)
    stage.disc(sun, 330 if dusk else 190, 52, (255, 240, 204))
    stage.box(0, 545, stage.width, 760, sea)
    for row in range(7):
        y = 570 + 26 * row
        for _ in range(4):
            x = float(stage.rng.uniform(0, stage.width))
            stage.line([(x, y), (x + 60 + 10 * row, y)], (236, 246, 246), 3, 0.5)
    wave = [
        (x, 745 + 12 * np.sin(x / 70 + stage.rng.uniform(0, 1)))
        for x in np.arange(-20, stage.width + 40, 30).tolist()
    ]
    stage.shape([*wave, (stage.width, 1000), (0, 1000)], (232, 212, 178))
    stage.line(wave, (250, 250, 246), 12, 0.9)
    if stage.rng.random() < 0.6:
        _parasol(stage, stage.aside(230, 330))


def _parasol(stage: Stage, x: float) -> None:
    stage.line([(x, 470), (x - 14, 800)], (250, 246, 238), 9)
    for index, (start, end) in enumerate(((180, 225), (225, 270), (270, 315), (315, 360))):
        u = stage.unit
        color: RGB = (222, 106, 90) if index % 2 else (250, 240, 226)
        stage.pen.pieslice(((x - 120) * u, 390 * u, (x + 120) * u, 590 * u), start, end, fill=color)
    stage.disc(x - 8, 804, 120, (196, 172, 138), 0.5, 14)


def _skyline(stage: Stage, tones: Sequence[RGB], lit: RGB | None) -> None:
    for depth, tone in enumerate(tones):
        x = float(stage.rng.uniform(-60, 0))
        while x < stage.width:
            wide = float(stage.rng.uniform(70, 150))
            top = float(stage.rng.uniform(250, 470)) + 70 * depth
            stage.box(x, top, x + wide, GROUND, tone)
            glass = lit or mix(tone, (255, 255, 255), 0.30)
            for wx in np.arange(x + 12, x + wide - 14, 26).tolist():
                for wy in np.arange(top + 18, GROUND - 40, 38).tolist():
                    if stage.rng.random() < (0.42 if lit else 0.75):
                        stage.box(wx, wy, wx + 13, wy + 20, glass, 0.75 if lit else 0.55)
            x += wide + float(stage.rng.uniform(2, 16))


def _city(stage: Stage) -> None:
    stage.sky((196, 214, 228), (240, 234, 226), GROUND)
    _skyline(stage, [(190, 198, 206), (170, 172, 178), (188, 164, 146)], None)
    stage.box(0, 815, stage.width, GROUND, (176, 168, 160))
    stage.box(0, GROUND, stage.width, 1000, (206, 200, 194))
    for x in np.arange(-200, stage.width + 200, 160).tolist():
        stage.line([(x, 1000), (stage.off(0.5) + (x - stage.off(0.5)) * 0.72, GROUND)], (190, 184, 178), 4)
    if stage.rng.random() < 0.7:
        x = stage.aside(180, 300)
        stage.line([(x, 330), (x, 850)], (70, 72, 78), 9)
        stage.round_box(x - 22, 286, x + 22, 346, 12, (250, 236, 196))


def _garden(stage: Stage) -> None:
    stage.sky((214, 230, 236), (246, 244, 232), 700)
    stage.ridge(640, 160, (170, 196, 160), 7)
    stage.ridge(740, 120, (136, 172, 128), 11)
    stage.box(0, 790, stage.width, 1000, (152, 186, 128))
    stage.shape(
        [
            (stage.off(stage.left) - 110, 1000),
            (stage.off(stage.left) + 110, 1000),
            (stage.off(0.5) + 30, 770),
            (stage.off(0.5) - 30, 770),
        ],
        (232, 220, 200),
    )
    x = stage.off(stage.left)
    wide = float(stage.rng.uniform(225, 265))
    _arch(stage, x, wide)
    for _ in range(46):
        fx, fy = float(stage.rng.uniform(0, stage.width)), float(stage.rng.uniform(800, 985))
        if abs(fx - x) > 130:
            _flower(stage, fx, fy, 7 + (fy - 800) / 26)


def _arch(stage: Stage, x: float, wide: float) -> None:
    """A flowered arch."""
    angles = np.linspace(np.pi, 2 * np.pi, 40)
    ring = [(x + wide * float(np.cos(a)), 400 + 270 * float(np.sin(a))) for a in angles]
    ring = [(x - wide, 850), *ring, (x + wide, 850)]
    stage.line(ring, (238, 232, 222), 20)
    for px, py in [*ring[::2], *((x + s * wide, y) for s in (-1, 1) for y in range(420, 840, 42))]:
        for _ in range(3):
            dx, dy = stage.rng.normal(0, 16, 2)
            green = mix((88, 132, 88), (150, 182, 128), float(stage.rng.random()))
            stage.disc(px + dx, py + dy, 19, green, 0.9, 12)
        if stage.rng.random() < 0.75:
            _flower(stage, px + float(stage.rng.normal(0, 12)), py + float(stage.rng.normal(0, 12)), 15)


_PETALS: tuple[RGB, ...] = ((250, 238, 232), (242, 198, 200), (248, 222, 190), (222, 158, 170))


def _flower(stage: Stage, x: float, y: float, size: float) -> None:
    color = _PETALS[int(stage.rng.integers(len(_PETALS)))]
    for a in np.arange(5) * 1.257:
        stage.disc(x + 0.6 * size * float(np.cos(a)), y + 0.6 * size * float(np.sin(a)), 0.55 * size, color)
    stage.disc(x, y, 0.4 * size, (232, 190, 104))


def _office(stage: Stage) -> None:
    stage.sky((232, 230, 226), (222, 218, 212))
    left = float(stage.rng.uniform(0.03, 0.10))
    x0, x1 = stage.off(left), stage.off(0.97 - left)
    stage.box(x0, 110, x1, 640, (206, 224, 234))
    for tone, low, top in (((186, 202, 214), 640, 380), ((168, 186, 200), 640, 470)):
        for x in np.arange(x0, x1, 84).tolist():
            wide = float(stage.rng.uniform(46, 84))
            stage.box(x, top + float(stage.rng.uniform(-60, 60)), min(x + wide, x1), low, tone)
    for share in np.linspace(0, 1, 4):
        x = x0 + (x1 - x0) * float(share)
        stage.box(x - 6, 104, x + 6, 646, (248, 246, 242))
    for y in (104, 372, 636):
        stage.box(x0 - 6, y, x1 + 6, y + 10, (248, 246, 242))
    stage.box(0, GROUND - 20, stage.width, 1000, (190, 164, 136))
    stage.box(0, GROUND - 30, stage.width, GROUND - 18, (246, 243, 238))
    desk = stage.aside(170, 230)
    side = 1 if desk > stage.off(stage.left) else -1
    end = desk + side * 330
    stage.box(min(desk, end), 690, max(desk, end), 708, (164, 122, 88))
    for x in (desk + side * 20, desk + side * 240):
        stage.box(x - 6, 708, x + 6, 888, (120, 90, 68))
    stage.box(desk + side * 70 - 62, 606, desk + side * 70 + 62, 682, (64, 68, 76))
    stage.box(desk + side * 70 - 12, 682, desk + side * 70 + 12, 692, (64, 68, 76))
    _plant(stage, stage.off(stage.left) - side * 235)


def _plant(stage: Stage, x: float) -> None:
    for angle in np.linspace(-1.2, 1.2, 9):
        long = float(stage.rng.uniform(120, 200))
        tip = (x + long * float(np.sin(angle)), 790 - long * float(np.cos(angle)))
        side = (x + 0.5 * long * float(np.sin(angle + 0.16)), 790 - 0.5 * long * float(np.cos(angle + 0.16)))
        other = (x + 0.5 * long * float(np.sin(angle - 0.16)), 790 - 0.5 * long * float(np.cos(angle - 0.16)))
        stage.shape(
            [(x, 795), side, tip, other], mix((74, 122, 88), (130, 164, 116), float(stage.rng.random()))
        )
    stage.shape([(x - 46, 786), (x + 46, 786), (x + 34, 900), (x - 34, 900)], (222, 208, 190))


def _rain(stage: Stage) -> None:
    stage.sky((150, 162, 174), (200, 206, 210), GROUND)
    _skyline(stage, [(154, 164, 174), (134, 144, 154)], (228, 214, 178))
    stage.box(0, GROUND - 25, stage.width, 1000, (128, 138, 148))
    for _ in range(9):
        x, y = float(stage.rng.uniform(0, stage.width)), float(stage.rng.uniform(870, 985))
        stage.disc(x, y, float(stage.rng.uniform(50, 120)), (172, 184, 194), 0.7, 9)
    for _ in range(150):
        x, y = float(stage.rng.uniform(-50, stage.width + 50)), float(stage.rng.uniform(-40, 960))
        long = float(stage.rng.uniform(24, 60))
        stage.line([(x, y), (x - long * 0.22, y + long)], (236, 242, 246), 3, 0.55)


def _night(stage: Stage) -> None:
    stage.sky((30, 34, 62), (92, 78, 108), GROUND)
    _skyline(stage, [(52, 54, 84), (40, 42, 68)], (250, 214, 142))
    stage.box(0, GROUND - 25, stage.width, 1000, (62, 58, 82))
    colors: tuple[RGB, ...] = ((252, 208, 130), (246, 170, 128), (240, 222, 180), (186, 160, 216))
    for _ in range(26):
        x, y = float(stage.rng.uniform(0, stage.width)), float(stage.rng.uniform(420, 860))
        stage.disc(x, y, float(stage.rng.uniform(10, 34)), colors[int(stage.rng.integers(4))], 0.30)
    stage.glow(stage.off(stage.left), 480, 420, (250, 216, 170), 0.22)


def _evening(stage: Stage) -> None:
    """A festive room."""
    stage.sky((96, 58, 62), (150, 98, 84), GROUND)
    for x in np.arange(-40, stage.width + 60, 150).tolist():
        for fold in range(5):
            stage.box(
                x + fold * 30, 0, x + fold * 30 + 15, GROUND, (108, 64, 66) if fold % 2 else (122, 74, 72)
            )
    for row, y in enumerate((90, 190)):
        hang = [
            (x, y + 60 * np.sin(np.pi * ((x / 300 + 0.5 * row) % 1)))
            for x in np.arange(-10, stage.width + 30, 25).tolist()
        ]
        stage.line(hang, (70, 44, 46), 3)
        for x, level in hang[::2]:
            stage.glow(x, level + 8, 26, (255, 224, 160), 0.6)
            stage.disc(x, level + 8, 7, (255, 240, 204))
    stage.box(0, GROUND - 20, stage.width, 1000, (96, 66, 58))
    stage.glow(stage.off(stage.left), 500, 430, (255, 222, 178), 0.30)


def _park(stage: Stage, leaves: Sequence[RGB] = ((110, 150, 100), (136, 170, 112), (92, 134, 92))) -> None:
    stage.sky((206, 226, 236), (244, 242, 230), 720)
    stage.ridge(700, 130, mix(leaves[1], (230, 236, 226), 0.5), 8)
    grass = mix(leaves[0], (190, 190, 130), 0.35)
    stage.box(0, 770, stage.width, 1000, grass)
    stage.shape(
        [(stage.off(0.10), 1000), (stage.off(0.90), 1000), (stage.off(0.56), 770), (stage.off(0.48), 770)],
        (224, 210, 188),
    )
    for x in (stage.off(0.06), stage.off(0.95), stage.aside(240, 330)):
        stage.shape([(x - 16, 850), (x + 16, 850), (x + 10, 400), (x - 10, 400)], (112, 88, 72))
        for _ in range(16):
            dx, dy = stage.rng.normal(0, 72), stage.rng.normal(0, 62)
            tone = leaves[int(stage.rng.integers(len(leaves)))]
            stage.disc(x + float(dx), 360 + float(dy), float(stage.rng.uniform(50, 86)), tone, 0.85)


def _autumn(stage: Stage) -> None:
    leaves: tuple[RGB, ...] = ((204, 128, 62), (222, 168, 84), (176, 92, 58))
    _park(stage, leaves)
    for _ in range(60):
        x, y = float(stage.rng.uniform(0, stage.width)), float(stage.rng.uniform(790, 990))
        stage.disc(x, y, 9, leaves[int(stage.rng.integers(3))], 0.9, 5)


def _snow(stage: Stage) -> None:
    stage.sky((190, 206, 224), (236, 240, 244), 760)
    x = stage.off(0.5)
    for peak, high, tone in (
        (x - 300, 330, (166, 184, 206)),
        (x + 220, 270, (150, 170, 196)),
        (x - 40, 420, (182, 198, 216)),
    ):
        stage.shape([(peak - 330, 760), (peak, high), (peak + 330, 760)], tone)
        stage.shape(
            [
                (peak - 76, high + 100),
                (peak, high),
                (peak + 76, high + 100),
                (peak + 20, high + 80),
                (peak - 24, high + 108),
            ],
            (246, 248, 250),
        )
    stage.ridge(790, 60, (240, 244, 248), 5)
    for tree in (stage.off(0.08), stage.off(0.90), stage.aside(230, 320)):
        for tier in range(4):
            y = 520 + 66 * tier
            stage.shape(
                [(tree - 34 - 15 * tier, y + 84), (tree, y), (tree + 34 + 15 * tier, y + 84)], (92, 126, 118)
            )
    for _ in range(110):
        fx, fy = float(stage.rng.uniform(0, stage.width)), float(stage.rng.uniform(0, 1000))
        stage.disc(fx, fy, float(stage.rng.uniform(3, 7)), (255, 255, 255), 0.85)


def _home(stage: Stage) -> None:
    """A living room with a window."""
    stage.sky((238, 228, 214), (230, 216, 198))
    x = stage.aside(120, 190)
    stage.round_box(x - 130, 150, x + 130, 600, 126, (250, 246, 236))
    stage.round_box(x - 112, 168, x + 112, 590, 110, (206, 226, 232))
    stage.box(x - 4, 168, x + 4, 590, (250, 246, 236))
    stage.box(0, GROUND - 30, stage.width, 1000, (196, 166, 132))
    stage.disc(stage.off(stage.left), 945, 330, (226, 196, 174), 1.0, 52)
    _plant(stage, 2 * stage.off(stage.left) - x)


def _gym(stage: Stage) -> None:
    stage.sky((224, 228, 230), (206, 212, 216))
    for y in (180, 330):
        stage.box(0, y, stage.width, y + 26, (120, 178, 176), 0.5)
    stage.box(0, GROUND - 20, stage.width, 1000, (178, 140, 104))
    for x in np.arange(-100, stage.width + 100, 130).tolist():
        stage.line(
            [(x, 1000), (stage.off(0.5) + (x - stage.off(0.5)) * 0.75, GROUND - 20)], (160, 122, 88), 3
        )
    x = stage.aside(190, 280)
    stage.disc(x, 800, 76, (222, 122, 96))


SCENES: Mapping[str, Scene] = {
    "studio": Scene(_studio, 1.2),
    "beach": Scene(_beach),
    "city": Scene(_city, 3.0),
    "garden": Scene(_garden, 2.0),
    "office": Scene(_office, 2.6),
    "rain": Scene(_rain, 1.6, (236, 240, 248)),
    "night": Scene(_night, 3.2, (226, 222, 246)),
    "evening": Scene(_evening, 2.8, (255, 244, 230)),
    "park": Scene(_park, 2.8),
    "autumn": Scene(_autumn, 2.4, (255, 248, 238)),
    "snow": Scene(_snow, 1.6, (244, 248, 255)),
    "home": Scene(_home, 1.8),
    "gym": Scene(_gym, 1.8),
}


def draw_scene(name: str, size: tuple[int, int], left: float, seed: int) -> Image.Image:
    """A scene as an RGB picture; the figure will stand at the share `left` of its width."""
    half = (size[0] // 2 + 1, size[1] // 2 + 1)
    scene = SCENES[name]
    stage = Stage(Image.new("RGB", half, (230, 226, 220)), np.random.default_rng(seed), left)
    scene.draw(stage)
    soft = stage.image.filter(ImageFilter.GaussianBlur(scene.blur * half[1] / 512))
    return soft.resize(size, Image.Resampling.BICUBIC)
