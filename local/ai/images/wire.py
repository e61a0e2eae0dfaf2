"""Stability AI's text-to-image wire format on Bedrock (Core, Ultra, SD3.5), and its filter of words.

https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-stability-diffusion.html
"""

import base64
import io
import re
import secrets
from dataclasses import dataclass
from typing import Any

from PIL import Image

from local.ai.images.drawing import draw_picture
from local.ai.images.lexicon import NOUNS
from local.ai.images.words import split_words

MODEL_IDS = (
    "stability.stable-image-core-v1:1",
    "stability.stable-image-ultra-v1:1",
    "stability.sd3-5-large-v1:0",
)
ASPECT_RATIOS = ("16:9", "1:1", "21:9", "2:3", "3:2", "4:5", "5:4", "9:16", "9:21")
MOST_SEED = 4_294_967_294
LONGEST_PROMPT = 10_000
FILTERED = "Filter reason: prompt"

_FIELDS = frozenset({"prompt", "negative_prompt", "aspect_ratio", "seed", "output_format", "mode"})
_UNWANTED = frozenset(
    {
        "naked",
        "nudity",
        "topless",
        "bottomless",
        "undressed",
        "nsfw",
        "porn",
        "porno",
        "pornographic",
        "erotic",
        "erotica",
        "fetish",
        "genitals",
        "nipples",
        "sex",
        "sexual",
        "sexy",
        "lingerie",
        "underage",
        "gore",
        "gory",
        "bloody",
        "corpse",
        "dead",
        "murder",
        "murdered",
        "kill",
        "killing",
        "stab",
        "stabbed",
        "shoot",
        "torture",
        "beheaded",
        "suicide",
        "gun",
        "guns",
        "rifle",
        "pistol",
        "weapon",
        "weapons",
        "bomb",
        "terrorist",
        "nazi",
        "swastika",
        "knife",
        "violence",
        "violent",
    }
)
_BODIES = frozenset(
    {
        "woman",
        "man",
        "women",
        "men",
        "girl",
        "boy",
        "person",
        "model",
        "body",
        "photo",
        "portrait",
        "picture",
        "figure",
        "scene",
    }
)


class BadRequest(ValueError):
    """A request that the real model would refuse with ValidationException."""


@dataclass(frozen=True, slots=True)
class TextToImage:
    """A checked request."""

    prompt: str
    aspect_ratio: str
    seed: int
    output_format: str


def generate(body: dict[str, Any]) -> dict[str, Any]:
    """Answer a request body: `{"seeds", "finish_reasons", "images"}`, without images when filtered.

    Raises BadRequest for a body that the schema does not allow.
    """
    asked = read_request(body)
    if is_unwanted(asked.prompt):
        return {"seeds": [asked.seed], "finish_reasons": [FILTERED]}
    across, _, down = asked.aspect_ratio.partition(":")
    picture = draw_picture(asked.prompt, int(across), int(down), asked.seed)
    return {
        "seeds": [asked.seed],
        "finish_reasons": [None],
        "images": [_encode(picture, asked.output_format)],
    }


def read_request(body: dict[str, Any]) -> TextToImage:
    """Check a body against the schema. Raises BadRequest."""
    if unknown := sorted(set(body) - _FIELDS):
        raise BadRequest(f"extraneous key [{unknown[0]}] is not permitted")
    if body.get("mode", "text-to-image") != "text-to-image":
        raise BadRequest("mode: the local model makes pictures from words alone (text-to-image)")
    prompt = body.get("prompt")
    if not isinstance(prompt, str) or not prompt.strip() or len(prompt) > LONGEST_PROMPT:
        raise BadRequest(f"prompt: a text of 1 to {LONGEST_PROMPT:,} characters is required")
    negative = body.get("negative_prompt", "")
    if not isinstance(negative, str) or len(negative) > LONGEST_PROMPT:
        raise BadRequest(f"negative_prompt: use a text of at most {LONGEST_PROMPT:,} characters")
    ratio = body.get("aspect_ratio", "1:1")
    if ratio not in ASPECT_RATIOS:
        raise BadRequest(f"aspect_ratio: use one of {', '.join(ASPECT_RATIOS)}")
    output = body.get("output_format", "png")
    if output not in ("png", "jpeg"):
        raise BadRequest("output_format: use png or jpeg")
    seed = body.get("seed", 0)
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed <= MOST_SEED:
        raise BadRequest(f"seed: use an integer from 0 to {MOST_SEED}")
    return TextToImage(prompt, ratio, seed or 1 + secrets.randbelow(MOST_SEED), output)


def is_unwanted(prompt: str) -> bool:
    """Whether a prompt asks for nudity or violence; "nude heels" are a colour and "blood orange" another."""
    words = split_words(prompt)
    if not _UNWANTED.isdisjoint(words):
        return True
    for place, word in enumerate(words):
        following = words[place + 1 : place + 2]
        if word in ("nude", "nudes") and not (following and _is_cloth_word(following[0])):
            return True
        if word == "blood" and following != ["orange"] and following != ["red"]:
            return True
    return False


def _is_cloth_word(word: str) -> bool:
    return word not in _BODIES and (
        word in NOUNS
        or re.sub(r"e?s$", "", word) in NOUNS
        or word
        in (
            "tone",
            "coloured",
            "colored",
            "pink",
            "beige",
            "leather",
            "suede",
            "patent",
            "court",
            "ballet",
            "high",
        )
    )


def _encode(picture: Image.Image, kind: str) -> str:
    file = io.BytesIO()
    if kind == "jpeg":
        picture.save(file, "JPEG", quality=92)
    else:
        picture.save(file, "PNG", compress_level=3)
    return base64.b64encode(file.getvalue()).decode()
