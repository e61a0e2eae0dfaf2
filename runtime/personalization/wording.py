"""Reasons in words: "like the red dress you saved"."""

from runtime.personalization.port import EventType, Why
from runtime.personalization.taste import Cause, Event, Trait

_DONE = {
    EventType.VIEW: "you looked at",
    EventType.HIRES_VIEW: "you looked at closely",
    EventType.DOWNLOAD: "you downloaded",
    EventType.FAVORITE: "you saved",
    EventType.CART: "you put in your cart",
    EventType.PURCHASE: "you bought",
    EventType.DISLIKE: "you did not like",
}
_LOOK = frozenset({Trait.CLUSTER, Trait.COLOR, Trait.CATEGORY})


def tell(cause: Cause) -> Why:
    """Why a product is shown: what it shares with something that the shopper liked."""
    event, shared = cause.event, cause.shared
    thing = f"the {describe(event)} {_DONE[event.event_type]}"
    if Trait.CLUSTER in shared or len(shared & _LOOK) > 1:
        text = f"like {thing}"
    elif Trait.COLOR in shared:
        text = f"in {event.color}, like {thing}"
    elif Trait.CATEGORY in shared:
        text = f"another {event.category}, after {thing}"
    else:
        text = f"priced like {thing}"
    return Why(text, event.product_id)


def describe(event: Event) -> str:
    """A product in a few words: "red dress"."""
    return " ".join(word for word in (event.color, event.category or "piece") if word)
