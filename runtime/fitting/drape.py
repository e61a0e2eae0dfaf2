"""Which way a garment is laid over a body follows from where it is worn."""

from runtime.fitting.body import Body
from runtime.fitting.cloth import Cloth
from runtime.fitting.extras import drape_bag, drape_hat, drape_shoes
from runtime.fitting.garments import BodyPart, GarmentClass
from runtime.fitting.laying import Draped, nothing
from runtime.fitting.lower import drape_skirt, drape_trousers
from runtime.fitting.parameters import GarmentStyling
from runtime.fitting.tops import drape_dress, drape_top


def drape(cloth: Cloth, body: Body, kind: GarmentClass, styling: GarmentStyling) -> Draped:
    """The garment laid over the body. Raises NoGarment."""
    draped = nothing(body)
    part = kind.part
    if part is BodyPart.UPPER:
        drape_top(draped, cloth, body, kind, styling)
    elif part is BodyPart.FULL:
        drape_dress(draped, cloth, body, kind)
    elif part is BodyPart.LOWER:
        if kind is GarmentClass.OTHER_LOWER_BODY:
            drape_skirt(draped, cloth, body)
        else:
            drape_trousers(draped, cloth, body, kind)
    elif part is BodyPart.FEET:
        drape_shoes(draped, cloth, body, kind)
    elif part is BodyPart.HEAD:
        drape_hat(draped, cloth, body)
    else:
        drape_bag(draped, cloth, body)
    return draped
