"""Fixed sentences of the API, which the site says in the shopper's language.

They are sent, and sent back, as they are. A sentence that is not known here is shown as it came.
"""

from ui.words import later, say

SUGGESTIONS = (
    later("An outfit for a wedding"),
    later("Something for the office"),
    later("A weekend look"),
    later("For a wedding"),
    later("For the office"),
    later("For a weekend"),
    later("For a woman"),
    later("For a man"),
    later("I am 25"),
    later("I am 40"),
    later("Up to 100"),
    later("Up to 200"),
    later("Money is no object"),
    later("For summer"),
    later("For winter"),
    later("Classic"),
    later("Sporty"),
    later("Relaxed"),
    later("Something blue"),
    later("Neutral colours"),
    later("Show me more"),
    later("Something less formal"),
    later("Something smarter"),
    later("Something cheaper"),
    later("In another colour"),
    later("What will the weather be like?"),
    later("Make an outfit of it"),
)
"""What the stylist proposes to say next."""
OCCASIONS = (
    later("I need an outfit for a summer wedding"),
    later("I need an outfit for my first day at a new office"),
    later("I need something relaxed for a weekend by the sea"),
    later("I need an outfit for a dinner with friends"),
)
"""What a conversation can begin with."""
REPLIES = (
    later("I could not put that into words just now. Please tell me again what you are looking for."),
    later("Here is what I found for you."),
)
"""What stands in for a reply that could not be given."""
ADVICE = (
    later("Use a larger photo: at least 256 pixels on its shorter side."),
    later("Nothing can be seen in this photo. Take another one in good light."),
    later("Face the camera: we could not make out your face."),
    later("Show your whole upper body: step back until your hips are in the photo."),
    later("For trousers, skirts, dresses and shoes, show your whole body, feet included."),
    later("Leave some room above your head."),
    later("Be alone in the photo: it seems to show more than one person."),
    later("Hold the camera still or clean the lens: the photo is blurred."),
    later("Take the photo in brighter light."),
    later("Take the photo in softer light: it is very bright."),
    later("Stand in front of a plain wall."),
    later("A larger photo would show the garment in more detail."),
)
"""What would make a better photo."""
ENDINGS = (
    later("The photo is not there any more."),
    later("A product is not in the shop any more."),
    later("The mask is not there any more."),
    later("The picture could not be made; try again."),
    later("The making of the picture was interrupted. It was not started again by itself; try again."),
    later("The model is too busy just now; try again in a while."),
    later("Trying on is out of order; the shop has to mend it first."),
)
"""Why there is no result of a try-on."""
_KNOWN = frozenset((*SUGGESTIONS, *OCCASIONS, *REPLIES, *ADVICE, *ENDINGS))


def translate(sentence: str) -> str:
    """A sentence of the API in the shopper's language, as far as it is one of the fixed ones."""
    return say(sentence) if sentence in _KNOWN else sentence
