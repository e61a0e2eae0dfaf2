"""A shopper's photo without anything but the picture: upright, in sRGB, of a sensible size, no metadata."""

import io
from typing import TYPE_CHECKING

from runtime.shared.images import PictureRefused, Refusal, check_picture
from runtime.tryon.request import MAX_PHOTO_BYTES

if TYPE_CHECKING:
    from PIL import Image

LONGEST_SIDE = 2048
"""Pixels; more than any model of the catalogue takes."""
_QUALITY = 92
_WHITE = (255, 255, 255)


def clean_photo(data: bytes) -> bytes:
    """A JPEG file made anew from the pixels of a photo. Raises PictureRefused.

    The orientation that a camera notes (EXIF 2.32, tag 0x0112) is applied; place, time, device, thumbnails
    and colour profile are gone, the colours converted.
    """
    check_picture(data, max_bytes=MAX_PHOTO_BYTES)
    from PIL import Image, ImageOps

    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.load()
            image = _convert_colors(opened)
            image = ImageOps.exif_transpose(image)
            image = _flatten(image)
    except (OSError, ValueError, SyntaxError) as error:
        advice = "The picture is cut short or damaged; save it again and send the new file."
        raise PictureRefused(Refusal.DAMAGED, advice) from error
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGB", image.size)
    bare.paste(image)
    output = io.BytesIO()
    bare.save(output, "JPEG", quality=_QUALITY, optimize=True)
    return output.getvalue()


def _convert_colors(image: "Image.Image") -> "Image.Image":
    """The picture in sRGB; as it is when its profile cannot be understood."""
    profile = image.info.get("icc_profile")
    if not profile or image.mode not in ("RGB", "RGBA"):
        return image
    from PIL import ImageCms

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError):
        return image
    return image if converted is None else converted


def _flatten(image: "Image.Image") -> "Image.Image":
    """The picture on white where it is see-through."""
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        from PIL import Image

        layer = image.convert("RGBA")
        ground = Image.new("RGB", layer.size, _WHITE)
        ground.paste(layer, mask=layer.getchannel("A"))
        return ground
    return image.convert("RGB")
