"""From settings to a ranker."""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from runtime.personalization.popularity import Trends
from runtime.personalization.rankers.builtin import BuiltInRanker
from runtime.personalization.rankers.choice import choose_ranker
from runtime.personalization.reranking import OpenStyles, Reranker
from runtime.personalization.settings import PopularitySettings, StyleSettings
from runtime.personalization.style_table import StyleTable
from runtime.shared.settings import read_setting

if TYPE_CHECKING:
    from runtime.personalization.port import Ranker
    from runtime.personalization.taste import Kinship
    from runtime.shared.aws import Clients


def open_reranker(clients: "Clients", find_kinship: "Callable[[], Kinship]") -> Reranker | None:
    """The reranker of the variable STYLES; None where the stack keeps no style profiles.

    `find_kinship` tells how alike the clusters are that there are now.
    """
    if not os.environ.get("STYLES"):
        return None
    settings: StyleSettings = read_setting("STYLES", StyleSettings)
    # A search does not wait for taste: one short attempt.
    styles = OpenStyles(StyleTable(clients.get("dynamodb", quick=True), settings.table))
    return Reranker(styles, open_ranker(clients, styles, find_kinship), settings.weight)


def open_trends(clients: "Clients") -> Trends | None:
    """The boards of the variable POPULARITY; None where the stack hears of no interactions."""
    if not os.environ.get("POPULARITY"):
        return None
    settings: PopularitySettings = read_setting("POPULARITY", PopularitySettings)
    return Trends(clients.get("dynamodb"), settings.table)


def open_ranker(clients: "Clients", styles: OpenStyles, find_kinship: "Callable[[], Kinship]") -> "Ranker":
    """The ranker of the stack: the built-in one, or that of the variable RANKER in front of it."""
    return choose_ranker(BuiltInRanker(styles.find, find_kinship=find_kinship), clients)
