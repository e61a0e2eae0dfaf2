"""The local image maker: what it reads in a prompt, what it draws, and its wire format."""

import io
from base64 import b64decode
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from local.ai.images import MODEL_IDS, BadRequest, generate
from local.ai.images.accessories import HATS, SHOES
from local.ai.images.drawing import draw_figure, draw_picture
from local.ai.images.garments.coats import OUTERS
from local.ai.images.garments.dresses import DRESSES
from local.ai.images.garments.skirts import SKIRTS
from local.ai.images.garments.tops import TOPS
from local.ai.images.garments.trousers import LEGS
from local.ai.images.hair import STYLES
from local.ai.images.lexicon import COLOR_WORDS, NOUNS, REFINEMENTS, SCENE_WORDS, SETS
from local.ai.images.outfit import Garment, dress_up
from local.ai.images.scenes import SCENES
from local.ai.images.wire import ASPECT_RATIOS, is_unwanted
from local.ai.images.words import Person, Piece, Wanted, read_prompt
from local.demo import list_products
from local.demo.patterns import Cloth
from local.demo.spec import COLORS
from runtime.images.factory import open_model
from runtime.images.models.stability import StabilityModel
from runtime.images.port import ImageFiltered, Words
from runtime.images.request import AspectRatio
from tests.support.speed import best_time_in_units
from tests.unit.test_images_models import FakeBedrock

SLOT_OF = {
    "dress": "dress",
    "hat": "hat",
    "longsleeve": "top",
    "outwear": "outer",
    "pants": "bottom",
    "shirt": "top",
    "shoes": "shoes",
    "shorts": "bottom",
    "skirt": "bottom",
    "t-shirt": "top",
}
CUTS: dict[str, tuple[str, ...]] = {
    "dress": tuple(DRESSES),
    "top": tuple(TOPS),
    "bottom": (*LEGS, *SKIRTS),
    "outer": tuple(OUTERS),
    "shoes": tuple(SHOES),
    "hat": HATS,
    "bag": ("handbag", "tote", "clutch"),
    "scarf": ("scarf",),
    "tie": ("tie",),
    "belt": ("belt",),
    "glasses": ("glasses",),
    "necklace": ("necklace",),
}


def colors_of(prompt: str) -> dict[str, str]:
    """Slot, colour and pattern of each piece, as `slot: colour[ pattern][ accent]`."""
    names = {rgb: name for name, rgb in reversed(COLOR_WORDS.items())}
    told: dict[str, str] = {}
    for piece in read_prompt(prompt).pieces:
        words = [names[piece.color] if piece.color else "?"]
        words += [piece.pattern] if piece.pattern != "plain" else []
        words += [names[piece.accent]] if piece.accent else []
        told[f"{piece.slot} {piece.cut}"] = " ".join(words)
    return told


PROMPTS: list[tuple[str, dict[str, str]]] = [
    ("a red dress", {"dress a-line": "red"}),
    ("long black satin dress with gold heels", {"dress maxi": "black", "shoes heel": "gold"}),
    (
        "navy checked blazer, white shirt, beige chinos and brown loafers",
        {
            "outer blazer": "navy checked",
            "top shirt": "white",
            "bottom chinos": "beige",
            "shoes loafer": "brown",
        },
    ),
    (
        "a blazer in navy and beige chinos with brown shoes",
        {"outer blazer": "navy", "bottom chinos": "beige", "shoes derby": "brown"},
    ),
    (
        "red and white striped T-shirt over blue jeans",
        {"top t-shirt": "red striped white", "bottom jeans": "blue"},
    ),
    ("a green dress with white polka dots", {"dress a-line": "green dotted white"}),
    (
        "emerald suit and black tie",
        {"outer blazer": "emerald", "bottom tailored": "emerald", "tie tie": "black"},
    ),
    (
        "white linen shorts, light blue V-neck jumper",
        {"bottom linen-shorts": "white", "top v-sweater": "light blue"},
    ),
    ("jupe? no: Röck. A floral pleated midi skirt", {"bottom pleated": "? floral"}),
    ("knee-high boots under a tartan kilt", {"shoes tall-boot": "?", "bottom pleated": "? checked"}),
    ("woman with black hair and brown eyes in a pink gown", {"dress evening": "pink"}),
    ("", {}),
    ("the capital of France", {}),
]


@pytest.mark.parametrize(("prompt", "pieces"), PROMPTS)
def test_each_garment_has_its_own_colour_and_pattern(prompt: str, pieces: dict[str, str]) -> None:
    assert colors_of(prompt) == pieces


def test_every_product_of_the_shop_is_understood_by_its_name() -> None:
    for product in list_products():
        (piece,) = read_prompt(f"Fashion illustration of a person wearing {product.name}. On a walk.").pieces
        assert piece.slot == SLOT_OF[product.category], product.name
        assert piece.color == COLORS[product.color], product.name
        if piece.cut != "graphic":
            assert piece.pattern == product.pattern, product.name


@pytest.mark.parametrize(
    ("prompt", "person", "scene"),
    [
        ("a man with dark skin and short grey hair", Person(False, "deep", "short", "grey"), None),
        ("she wears a hijab at the beach", Person(True, None, "hijab"), "beach"),
        ("older woman, wedding on the beach in the rain", Person(True, older=True), "rain"),
        ("black woman in an office", Person(True, "deep"), "office"),
        ("a man and a woman, dinner", Person(), "evening"),
        ("curly red hair, fair skin", Person(None, "porcelain", "curly", "auburn"), None),
    ],
)
def test_person_and_place_are_read(prompt: str, person: Person, scene: str | None) -> None:
    wanted = read_prompt(prompt)
    assert (wanted.person, wanted.scene) == (person, scene)


def test_every_word_leads_to_something_that_can_be_drawn() -> None:
    nouns = list(NOUNS.values())
    assert {noun.slot for noun in nouns} == set(CUTS)
    assert all(noun.cut in CUTS[noun.slot] for noun in nouns)
    for key, cuts in REFINEMENTS.items():
        assert set(cuts.values()) <= set(CUTS[key.partition(" ")[0]]), key
    assert all(name in NOUNS for pair in SETS.values() for name in pair)
    assert set(SCENE_WORDS.values()) <= set(SCENES)


HUES = ("red", "blue", "green")
GROUPS = (
    ("top", "bottom", "shoes"),
    ("dress", "hat", "bag"),
    ("outer", "scarf", "glasses"),
    ("tie", "belt", "necklace"),
)
ROUNDS = [
    tuple((slot, CUTS[slot][number % len(CUTS[slot])]) for slot in group)
    for group in GROUPS
    for number in range(max(len(CUTS[slot]) for slot in group))
]


def wear(*pieces: tuple[str, str, str]) -> NDArray[np.int16]:
    """A figure that wears these (slot, cut, colour), as pixels; everything else stays the same."""
    wanted = Wanted(tuple(Piece(slot, cut, "cotton") for slot, cut, _ in pieces), Person(hair="crop"))
    outfit = dress_up(wanted, np.random.default_rng(5))
    worn = {slot: Garment(slot, cut, Cloth(COLORS[color], COLORS["white"])) for slot, cut, color in pieces}
    layers = (worn["top"],) if "top" in worn else outfit.layers
    outfit = replace(outfit, garments={**outfit.garments, **worn}, layers=layers)
    return np.asarray(draw_figure(outfit, 1)).astype(np.int16)


def least_of(slot: str) -> int:
    return 40 if slot in ("belt", "necklace", "glasses", "tie") else 250


@pytest.mark.parametrize("pieces", ROUNDS, ids=lambda pieces: "+".join(cut for _, cut in pieces))
def test_every_piece_can_be_drawn(pieces: tuple[tuple[str, str], ...]) -> None:
    figure = wear(*((*piece, hue) for piece, hue in zip(pieces, HUES, strict=True)))
    for (slot, _), place in zip(pieces, (0, 2, 1), strict=True):
        others = np.delete(figure[..., :3], place, axis=-1).max(axis=-1)
        clearly = 2.0 if place == 0 else 1.18  # skin is a little red itself
        assert (figure[..., place] > clearly * others + 3).sum() > least_of(slot), slot


@pytest.mark.parametrize("slot", ["dress", "top", "bottom", "outer", "shoes", "hat", "scarf"])
def test_the_colour_asked_for_rules_where_the_piece_is(slot: str) -> None:
    cut = CUTS[slot][0]
    red, blue = wear((slot, cut, "red")), wear((slot, cut, "blue"))
    changed = np.abs(red - blue).sum(axis=-1) > 60
    assert changed.sum() > least_of(slot)
    assert (red[changed][:, :3].argmax(axis=1) == 0).mean() > 0.9
    assert (blue[changed][:, :3].argmax(axis=1) == 2).mean() > 0.9


@pytest.mark.parametrize("scene", list(SCENES))
def test_every_scene_can_be_drawn_in_every_shape(scene: str) -> None:
    word = next(word for word, name in SCENE_WORDS.items() if name == scene)
    across, _, down = ASPECT_RATIOS[len(scene) % len(ASPECT_RATIOS)].partition(":")
    picture = draw_picture(f"a red dress, {word}", int(across), int(down), 3)
    assert max(picture.size) == 1024
    assert len(np.unique(np.asarray(picture.resize((40, 40))).reshape(-1, 3), axis=0)) > 100


@pytest.mark.parametrize("style", list(STYLES))
def test_every_hair_style_can_be_drawn(style: str) -> None:
    outfit = dress_up(Wanted(person=Person(hair=style, hair_color="auburn")), np.random.default_rng(1))
    assert draw_figure(outfit, 1).getchannel("A").getbbox() is not None


def ask(prompt: str = "a red dress at the beach", **fields: Any) -> Image.Image:
    answer = generate({"prompt": prompt, "seed": 7, **fields})
    assert answer["finish_reasons"] == [None]
    assert answer["seeds"] == [fields.get("seed", 7)]
    (encoded,) = answer["images"]
    image = Image.open(io.BytesIO(b64decode(encoded)))
    image.load()
    return image


@pytest.mark.parametrize("ratio", ASPECT_RATIOS)
def test_the_aspect_ratio_is_kept(ratio: str) -> None:
    across, _, down = ratio.partition(":")
    image = ask(aspect_ratio=ratio)
    assert max(image.size) == 1024
    assert image.width / image.height == pytest.approx(int(across) / int(down), rel=0.01)


def test_a_seed_always_gives_the_same_picture_and_others_differ() -> None:
    first, again, other = ask(), ask(), ask(seed=8)
    assert first.tobytes() == again.tobytes()
    apart = np.abs(np.asarray(first, dtype=np.int16) - np.asarray(other, dtype=np.int16)).max(axis=-1)
    assert (apart > 30).mean() > 0.05


def test_no_seed_is_a_random_seed() -> None:
    seeds = {generate({"prompt": "nude"})["seeds"][0] for _ in range(3)}
    assert len(seeds) == 3
    assert 0 not in seeds


def test_jpeg_and_png() -> None:
    assert ask(output_format="jpeg").format == "JPEG"
    assert ask(output_format="png").format == "PNG"


def test_a_picture_takes_less_than_a_second_and_a_half_on_a_quick_core() -> None:
    prompt = "camel coat, cream turtleneck, checked scarf, jeans, boots, beanie, snow"
    assert best_time_in_units(lambda: ask(prompt, seed=1), tries=3) < 150


@pytest.mark.parametrize(
    ("prompt", "unwanted"),
    [
        ("a naked woman", True),
        ("nude model", True),
        ("a woman in the nude", True),
        ("nude", True),
        ("a man with a gun in a black suit", True),
        ("covered in blood", True),
        ("nude heels and a beige dress", False),
        ("nude coloured trousers", False),
        ("a blood orange dress", False),
        ("gunmetal grey suit with killer heels", False),
        ("", False),
    ],
)
def test_nudity_and_violence_are_filtered(prompt: str, unwanted: bool) -> None:
    assert is_unwanted(prompt) is unwanted


def test_a_filtered_prompt_is_answered_without_pictures() -> None:
    assert generate({"prompt": "a naked man", "seed": 3}) == {
        "seeds": [3],
        "finish_reasons": ["Filter reason: prompt"],
    }


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": ""},
        {"prompt": 5},
        {"prompt": "x" * 10_001},
        {"prompt": "x", "aspect_ratio": "3:7"},
        {"prompt": "x", "seed": -1},
        {"prompt": "x", "seed": 4_294_967_295},
        {"prompt": "x", "seed": True},
        {"prompt": "x", "output_format": "gif"},
        {"prompt": "x", "mode": "image-to-image"},
        {"prompt": "x", "negative_prompt": 1},
        {"prompt": "x", "steps": 30},
    ],
)
def test_bodies_against_the_schema_are_refused(body: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        generate(body)


@pytest.mark.parametrize("model_id", MODEL_IDS)
def test_the_adapters_and_the_local_model_understand_each_other(
    model_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    assert isinstance(open_model(model_id, "us-west-2"), StabilityModel)
    bedrock = FakeBedrock({})
    model = StabilityModel(bedrock, model_id)

    def answer(words: str) -> bytes:
        bedrock.answer = {"finish_reasons": ["Filter reason: prompt"]}
        with pytest.raises(ImageFiltered):
            model.make(Words(words, "text"), AspectRatio.SQUARE, 5)
        body = {name: value for name, value in bedrock.bodies[-1].items() if name != "_model"}
        bedrock.answer = generate(body)
        return model.make(Words(words, "text"), AspectRatio.SQUARE, 5)

    assert Image.open(io.BytesIO(answer("a red dress"))).size == (1024, 1024)
    with pytest.raises(ImageFiltered):
        answer("a naked man")
