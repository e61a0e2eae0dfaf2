"""What a try-on may be asked for, what kinds of garments there are, and which pixels a mask means."""

import base64
import io
import json

import numpy as np
import pytest
from PIL import Image
from pydantic import ValidationError

from runtime.fitting.garments import BodyPart, GarmentClass, garment_class_for
from runtime.fitting.masks import apply_shape, class_worn, given_region, invert
from runtime.fitting.outfit import order_garments
from runtime.fitting.parameters import MaskShape, TryOnParameters
from runtime.fitting.pixels import encode_png, erode, grow, label_parts, read_mask
from runtime.fitting.port import Garment, TryOnRefused

WIRE_CLASSES = [kind for kind in GarmentClass if kind.on_wire]


def read(**fields: object) -> TryOnParameters:
    return TryOnParameters.model_validate_json(json.dumps(fields), strict=True)


def half_black() -> str:
    mask = Image.new("L", (8, 4), 255)
    mask.paste(0, (0, 0, 4, 4))
    return base64.b64encode(encode_png(mask)).decode()


def test_every_parameter_is_taken() -> None:
    parameters = read(
        maskType="GARMENT",
        garmentClass="LONG_SLEEVE_SHIRT",
        maskShape="BOUNDING_BOX",
        garmentStyling={
            "longSleeveStyle": "SLEEVE_UP",
            "tuckingStyle": "TUCKED",
            "outerLayerStyle": "OPEN",
        },
        maskExclusions={"preserveBodyPose": "ON", "preserveHands": "OFF", "preserveFace": "DEFAULT"},
        mergeStyle="SEAMLESS",
        returnMask=True,
        seed=7,
    )
    assert parameters.garmentStyling.tuckingStyle == "TUCKED"
    assert parameters.maskExclusions.preserveHands == "OFF"
    assert (parameters.mergeStyle, parameters.returnMask, parameters.seed) == ("SEAMLESS", True, 7)


def test_there_are_eighteen_classes_on_the_wire() -> None:
    assert len(WIRE_CLASSES) == 18
    for kind in WIRE_CLASSES:
        assert read(garmentClass=kind.value).garmentClass is kind


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"maskType": "MAGIC"}, "maskType"),
        ({"garmentClass": "SOCKS"}, "garmentClass"),
        ({"garmentClass": "HAT"}, "garmentClass"),
        ({"maskShape": "ROUND"}, "maskShape"),
        ({"mergeStyle": "HARD"}, "mergeStyle"),
        ({"garmentStyling": {"tuckingStyle": "HALF"}}, "garmentStyling.tuckingStyle"),
        ({"garmentStyling": {"cuffs": "ROLLED"}}, "garmentStyling.cuffs"),
        ({"maskExclusions": {"preserveFace": True}}, "maskExclusions.preserveFace"),
        ({"strength": 1}, "strength"),
        ({"seed": -1}, "seed"),
        ({"seed": 2_147_483_647}, "seed"),
        ({"returnMask": "yes"}, "returnMask"),
        ({"maskType": "IMAGE", "maskImage": "not base64!"}, "maskImage"),
        ({"maskType": "PROMPT", "maskPrompt": " "}, "maskPrompt"),
    ],
)
def test_what_is_unknown_is_refused_by_name(fields: dict[str, object], where: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(**fields)
    assert where in {".".join(str(part) for part in error["loc"]) for error in refused.value.errors()}


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"maskType": "PROMPT"}, "maskType PROMPT needs a maskPrompt"),
        ({"maskType": "IMAGE"}, "maskType IMAGE needs a maskImage"),
        ({"maskPrompt": "the shirt"}, "maskPrompt goes with maskType PROMPT only"),
        ({"maskType": "PROMPT", "maskPrompt": "x", "garmentClass": "SHOES"}, "garmentClass goes with"),
    ],
)
def test_masks_need_what_they_are_made_of(fields: dict[str, object], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        read(**fields)


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        ("dress", GarmentClass.SHORT_DRESS),
        ("hat", GarmentClass.HAT),
        ("longsleeve", GarmentClass.LONG_SLEEVE_SHIRT),
        ("outwear", GarmentClass.OTHER_UPPER_BODY),
        ("pants", GarmentClass.LONG_PANTS),
        ("shirt", GarmentClass.LONG_SLEEVE_SHIRT),
        ("shoes", GarmentClass.SHOES),
        ("shorts", GarmentClass.SHORT_PANTS),
        ("skirt", GarmentClass.OTHER_LOWER_BODY),
        ("t-shirt", GarmentClass.SHORT_SLEEVE_SHIRT),
        ("Ankle boots", GarmentClass.BOOTS),
        ("Shirt dress", GarmentClass.SHORT_DRESS),
        ("leather handbag", GarmentClass.BAG),
        ("trench coat", GarmentClass.OTHER_UPPER_BODY),
        ("something new", GarmentClass.UPPER_BODY),
    ],
)
def test_categories_have_classes(category: str, kind: GarmentClass) -> None:
    assert garment_class_for(category) is kind


def test_outfits_are_put_on_from_the_inside_out() -> None:
    categories = ("hat", "coat", "shoes", "t-shirt", "jeans", "bag")
    ordered = order_garments([Garment(b"", garment_class_for(name), name) for name in categories])
    assert [garment.description for garment in ordered] == ["jeans", "t-shirt", "shoes", "coat", "hat", "bag"]


def test_polarities_are_opposite_and_pure() -> None:
    grey = Image.fromarray(np.array([[0, 100, 200, 255]], dtype=np.uint8))
    inverted = invert(encode_png(grey))
    assert read_mask(inverted).tolist() == [[255, 255, 0, 0]]
    assert read_mask(invert(inverted)).tolist() == [[0, 0, 255, 255]]


def test_a_given_mask_is_black_where_it_edits() -> None:
    region = given_region(read(maskType="IMAGE", maskImage=half_black()), (16, 8))
    assert region is not None and region.shape == (8, 16)
    assert region[:, :7].all() and not region[:, 9:].any()
    no_picture = base64.b64encode(b"no picture").decode()
    with pytest.raises(TryOnRefused, match="mask is no picture"):
        given_region(read(maskType="IMAGE", maskImage=no_picture), (16, 8))


def test_a_prompt_names_the_part_of_the_body() -> None:
    shirt = Garment(b"", GarmentClass.SHORT_SLEEVE_SHIRT, "")
    worn = class_worn(shirt, read(maskType="PROMPT", maskPrompt="the hat on the head"))
    assert worn.part is BodyPart.HEAD
    assert class_worn(shirt, read(garmentClass="LONG_SLEEVE_SHIRT")) is GarmentClass.LONG_SLEEVE_SHIRT
    assert class_worn(shirt, read()) is GarmentClass.SHORT_SLEEVE_SHIRT


def test_boxes_reach_around_their_contour() -> None:
    mask = np.zeros((6, 6), dtype=np.bool_)
    mask[1, 2] = mask[4, 4] = True
    assert apply_shape(mask, MaskShape.BOUNDING_BOX).sum() == 4 * 3
    assert apply_shape(mask, MaskShape.CONTOUR).sum() == 2


def test_growing_and_parts_are_exact() -> None:
    mask = np.zeros((12, 12), dtype=np.bool_)
    mask[3, 3] = mask[8, 8] = True
    grown = grow(mask, 2)
    assert grown[1:6, 1:6].all() and grown.sum() == 2 * 25
    assert (erode(grown, 2) == mask).all()
    _, sizes = label_parts(grown)
    assert sorted(sizes[1:].tolist()) == [25, 25]


def test_masks_are_read_in_any_format() -> None:
    file = io.BytesIO()
    Image.new("RGB", (4, 4), "white").save(file, "JPEG")
    assert read_mask(file.getvalue(), (2, 2)).tolist() == [[255, 255], [255, 255]]
