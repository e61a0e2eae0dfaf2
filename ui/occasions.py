"""What people dress for: the words that begin a conversation with the stylist."""

from collections.abc import Mapping

from ui.words import later

OCCASIONS: Mapping[str, str] = {
    later("A summer wedding"): later("I need an outfit for a summer wedding"),
    later("First day at the office"): later("I need an outfit for my first day at a new office"),
    later("A weekend by the sea"): later("I need something relaxed for a weekend by the sea"),
    later("Dinner with friends"): later("I need an outfit for a dinner with friends"),
    later("A cold city weekend"): later("I need warm outfits for a weekend in a cold city"),
}
"""What is shown, and what is said to the stylist."""
