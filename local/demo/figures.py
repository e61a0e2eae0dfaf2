"""The drawn people of the site: `python -m local.demo.figures`.

Those whom the fitting room offers to shoppers without a photo wear plain clothes on a plain ground, in four
skin tones and builds, so that everyone can see what it does before they give it a photo of their own.
Those of the first pages are dressed for an occasion each.
"""

from pathlib import Path

from PIL import Image

from local.ai.images.drawing import draw_picture

FOLDER = Path(__file__).parents[2] / "ui" / "figures"
FIGURES = {
    "deep": ("a man with deep skin in a white t-shirt and beige trousers and white sneakers", 4),
    "brown": ("a woman with brown skin in a white t-shirt and blue jeans and white sneakers", 5),
    "tan": ("a woman with tan skin in a white t-shirt and blue jeans and white sneakers", 1),
    "light": ("a man with light skin in a grey t-shirt and black trousers and white sneakers", 2),
}
OCCASIONS_FOLDER = FOLDER.parent / "occasions"
OCCASIONS = {
    "wedding": ("a woman with deep skin in a mustard midi dress and white sneakers", 3),
    "office": (
        "a man with light skin in a navy blazer and beige trousers and brown loafers and white shirt",
        6,
    ),
    "seaside": ("a woman with brown skin in a green floral dress and straw hat", 8),
    "dinner": ("a woman with tan skin in a camel coat and white blouse and blue jeans and black boots", 1),
}
_SIZE = (672, 896)
_OCCASION_SIZE = (480, 640)


def draw_person(prompt: str, seed: int) -> Image.Image:
    """The person of a prompt, filling an upright picture."""
    picture = draw_picture(prompt, 3, 4, seed).convert("RGB")
    width, height = picture.size
    frame = (round(width * 0.02), round(height * 0.04), round(width * 0.98), height)
    return picture.crop(frame).resize(_SIZE, Image.Resampling.LANCZOS)


def main() -> None:
    """Draws all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name, (prompt, seed) in FIGURES.items():
        draw_person(prompt, seed).save(FOLDER / f"{name}.jpg", quality=86, optimize=True)
    OCCASIONS_FOLDER.mkdir(exist_ok=True)
    for name, (prompt, seed) in OCCASIONS.items():
        person = draw_person(prompt, seed).resize(_OCCASION_SIZE, Image.Resampling.LANCZOS)
        person.save(OCCASIONS_FOLDER / f"{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
