"""What is kept of the shopper, for how long and what for; what AI makes; and every choice about it."""

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from ui import catalog, session, styles
from ui.client import StylistClient
from ui.place import settle
from ui.problems import ApiProblem
from ui.widgets.footer import MAKES_PICTURES
from ui.widgets.memory import show_memory
from ui.widgets.own_data import show_own_data
from ui.widgets.style_bar import show_incognito, show_learning
from ui.widgets.text import escape
from ui.words import later, say, say_many


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that is kept where the stack has one of the features.

    `term` names its days in the capabilities; without one it is kept until the shopper takes it away. What
    `stays` cannot be deleted by the shopper, as it is nobody's.
    """

    features: frozenset[str]
    what: str
    source: str
    purpose: str
    term: str | None = None
    stays: bool = False


KEPT = (
    Kept(
        frozenset({"chat"}),
        later("Conversations"),
        later("What you write to the stylist, and what it answers."),
        later("So that the stylist knows what you spoke about, and you can come back to it."),
        "conversations_days",
    ),
    Kept(
        frozenset({"profile"}),
        later("Facts about you"),
        later("Sizes, city, budget and the like that you mention, and only if you agree."),
        later("So that you need not say them again."),
    ),
    Kept(
        frozenset({catalog.TRY_ON}),
        later("Photos of you"),
        later("What you upload in the fitting room, after you have agreed."),
        later("To show pieces on you. Nothing else is done with them, and no model learns from them."),
        "photos_days",
    ),
    Kept(
        frozenset({catalog.TRY_ON}),
        later("Try-ons"),
        later("Made from your photo and the pieces you choose."),
        later("So that you can look at them again and compare them."),
        "looks_days",
    ),
    Kept(
        frozenset({"images"}),
        later("Lookbook pictures"),
        later("Made from your words, with the words themselves."),
        later("So that you can look at them again."),
        "pictures_days",
    ),
    Kept(
        frozenset({"closet"}),
        later("Favourites, bag and saved looks"),
        later("What you save with the heart, put in the bag or save as a look."),
        later("So that it is there when you come back, on every device."),
    ),
    Kept(
        catalog.STYLE,
        later("Your style"),
        later("What you look at, save and turn down, unless you are incognito or have switched it off."),
        later("To put first what you may like. Nothing is hidden from you because of it."),
    ),
    Kept(
        catalog.STYLE,
        later("Interest, under a made-up name"),
        later("The same signals, without anything that leads to you once you delete your data."),
        later("To learn which pieces are liked together."),
        "interactions_days",
        stays=True,
    ),
    Kept(
        frozenset(),
        later("Cookies"),
        later("Your sign-in, the language, and whether you are incognito."),
        later("Only what the site needs to work. None for advertising, and none of other companies."),
    ),
)


def show_privacy() -> None:
    """The page; visitors who are not signed in read it without the controls."""
    settle({})
    client = session.get_client()
    told = catalog.find_capabilities(client)
    with st.container(key="privacy", width=960):
        lead = say(
            "What we keep, why, and for how long. All of it is yours to see, to take along and to delete."
        )
        st.html(f'<h1>{escape(say("Privacy"))}</h1><p class="muted">{escape(lead)}</p>')
        _show_kept(told.features, told.keeps)
        _show_section(say("Who sees it"), _describe_viewers(told.features))
        if not MAKES_PICTURES.isdisjoint(told.features) or "chat" in told.features:
            _show_section(say("What AI makes"), _describe_models(told.notice))
        if session.is_signed_in():
            _show_choices(client)


def _show_kept(features: tuple[str, ...], keeps: Mapping[str, int]) -> None:
    shown = [each for each in KEPT if not each.features or not each.features.isdisjoint(features)]
    cards = "".join(describe_kept(each, keeps) for each in shown)
    st.html(f'<h2 class="section">{escape(say("What is kept"))}</h2><div class="kept">{cards}</div>')


def describe_kept(kept: Kept, keeps: Mapping[str, int]) -> str:
    """HTML of one thing that is kept."""
    days = keeps.get(kept.term) if kept.term else None
    rows = {
        say("Comes from"): say(kept.source),
        say("Used for"): say(kept.purpose),
    }
    if kept.features:
        rows[say("Kept for")] = describe_term(kept, days)
    lines = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows.items())
    return f"<section><h3>{escape(say(kept.what))}</h3><dl>{lines}</dl></section>"


def describe_term(kept: Kept, days: int | None) -> str:
    """For how long something is kept; `days` are what the stack says."""
    if kept.stays and days:
        return say_many("{count} day", "{count} days", days)
    if days:
        return say_many("{count} day, or until you delete it", "{count} days, or until you delete it", days)
    return say("For a limited time, or until you delete it") if kept.term else say("As long as you want it")


def _describe_viewers(features: tuple[str, ...]) -> list[str]:
    lines = [say("You, and no other shopper. Nothing is sold, and nothing is used for advertising.")]
    lines.append(
        say("The shop's own computers and models work on it, in the shop's own account in the cloud.")
    )
    if "chat" in features:
        lines.append(
            say("For the weather of an occasion, a weather service is told the city, and nothing of you.")
        )
    return lines


def _describe_models(notice: str | None) -> list[str]:
    lines = [
        say("The stylist's words, the pictures in the lookbook and the try-ons are made by AI, and marked."),
        say("Models can be wrong. Prices, sizes and stock always come from the shop itself."),
        say("A try-on shows the look, not the size: choose your size by the shop's table."),
    ]
    return [*lines, say(notice)] if notice else lines


def _show_section(title: str, lines: list[str]) -> None:
    rows = "".join(f"<li>{escape(line)}</li>" for line in lines)
    st.html(f'<h2 class="section">{escape(title)}</h2><ul class="plain">{rows}</ul>')


def _show_choices(client: StylistClient) -> None:
    features = catalog.find_features(client)
    if features.style or features.own_data:
        st.html(f'<h2 class="section">{escape(say("Your choices"))}</h2>')
        if problem := styles.take_problem():
            st.html(f'<p class="failure" role="alert">{escape(problem)}</p>')
        with st.container(key="privacy-choices", border=True):
            if features.style:
                show_incognito("incognito-privacy")
                style = styles.known_style(client)
                if style:
                    show_learning(style, "style-on-privacy")
            if features.own_data:
                _show_memory(client)
    if features.own_data:
        show_own_data(client)


def _show_memory(client: StylistClient) -> None:
    try:
        facts = client.facts()
    except ApiProblem as problem:
        if problem.session_ended:
            raise
        st.caption(say("What the stylist remembers of you cannot be shown right now."))
        return
    show_memory(facts)


show_privacy()
