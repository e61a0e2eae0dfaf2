"""What the drawing needs to know about a garment, and the shop's colours."""

from dataclasses import dataclass

from local.demo.patterns import RGB, Cloth, mix

COLORS: dict[str, RGB] = {
    "black": (44, 44, 48),
    "white": (246, 245, 242),
    "cream": (240, 228, 203),
    "beige": (211, 190, 160),
    "camel": (188, 143, 92),
    "brown": (104, 70, 50),
    "grey": (150, 152, 156),
    "navy": (38, 50, 88),
    "blue": (52, 98, 178),
    "light blue": (160, 196, 226),
    "teal": (30, 120, 122),
    "green": (52, 112, 74),
    "olive": (112, 112, 66),
    "mint": (170, 214, 190),
    "yellow": (238, 192, 66),
    "orange": (230, 128, 52),
    "terracotta": (190, 94, 66),
    "red": (198, 42, 48),
    "burgundy": (112, 30, 50),
    "pink": (238, 172, 184),
    "fuchsia": (206, 52, 122),
    "lilac": (186, 164, 214),
    "purple": (98, 62, 132),
}


@dataclass(frozen=True, slots=True)
class GarmentSpec:
    """A garment to draw: its cut within a category, colours by name, pattern and weave.

    `scale` enlarges the pattern; `seed` decides folds and the small irregularities.
    """

    category: str
    cut: str
    color: str
    accent: str = "white"
    pattern: str = "plain"
    weave: str = "cotton"
    scale: float = 1.0
    seed: int = 0

    @property
    def cloth(self) -> Cloth:
        """The main fabric."""
        return Cloth(self._dyed, COLORS[self.accent], self.pattern, self.weave, self.scale, self.seed)

    @property
    def rgb(self) -> RGB:
        return COLORS[self.color]

    @property
    def _dyed(self) -> RGB:
        washed = self.weave == "denim" and "blue" in self.color
        return mix(self.rgb, (118, 140, 172), 0.26) if washed else self.rgb

    @property
    def dark(self) -> RGB:
        """The colour of seams and openings on this fabric."""
        return mix(self.rgb, (22, 18, 20), 0.52)

    def plain(self, weave: str | None = None, *, shift: float = 0.0) -> Cloth:
        """The same colour without the pattern; `shift` > 0 lightens it towards white, < 0 darkens it."""
        target: RGB = (255, 255, 255) if shift > 0 else (16, 14, 18)
        return Cloth(mix(self._dyed, target, abs(shift)), weave=weave or self.weave, seed=self.seed)
