"""Reasons in words: "like the red dress you saved"."""

from runtime.personalization.port import EventType
from runtime.personalization.taste import Cause, Event, Trait
from runtime.shared.reasons import Reason, make_reason

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


def tell(cause: Cause) -> Reason:
    """Why a product is shown: what it shares with something that the shopper liked."""
    event, shared = cause.event, cause.shared
    thing = f"the {describe(event)} {_DONE[event.event_type]}"
    if Trait.CLUSTER in shared or len(shared & _LOOK) > 1:
        text, code = f"like {thing}", "like"
    elif Trait.COLOR in shared:
        text, code = f"in {event.color}, like {thing}", "in_color"
    elif Trait.CATEGORY in shared:
        text, code = f"another {event.category}, after {thing}", "same_category"
    else:
        text, code = f"priced like {thing}", "priced_like"
    done = event.event_type.value
    return make_reason(
        text, code, done=done, color=event.color, category=event.category, product_id=event.product_id
    )


def describe(event: Event) -> str:
    """A product in a few words: "red dress"."""
    return " ".join(word for word in (event.color, event.category or "piece") if word)
