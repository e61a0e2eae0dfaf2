"""The drawn people that the fitting room offers to those without a photo: `python -m local.demo.figures`.

Four skin tones and builds, in plain clothes on a plain ground, so that everyone can see what the fitting room
does before they give it a photo of their own.
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
_SIZE = (672, 896)


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


if __name__ == "__main__":
    main()
