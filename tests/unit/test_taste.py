"""Taste from interactions: what counts how much, what follows for products, and how it is put in words."""

from collections.abc import Mapping

import pytest

from runtime.personalization.blend import blend, count_near, find_strays
from runtime.personalization.port import EVENT_VALUES, Candidate, EventType
from runtime.personalization.taste import (
    HALF_LIFE_S,
    RECALL,
    SESSION_GAP_S,
    Event,
    Taste,
    Trait,
    price_band,
    weigh,
)
from runtime.personalization.wording import tell

NOW = 1_800_000_000.0
DAY = 86_400


def event(
    product_id: str = "a", kind: EventType = EventType.FAVORITE, ago: float = 0, **known: object
) -> Event:
    return Event(product_id, kind, int(NOW - ago), **known)  # pyright: ignore[reportArgumentType]


def dress(color: str, ago: float, session: str = "s", cluster: int | None = None) -> Event:
    return event(f"{color}{ago}", ago=ago, session=session, category="dress", color=color, cluster=cluster)


def test_weights_add_up_to_one_and_newer_ones_are_larger() -> None:
    events = [
        dress("red", 40 * DAY, "old"),
        dress("red", 30 * DAY, "old"),
        dress("blue", 60),
        dress("blue", 0),
    ]
    weights = weigh(events, NOW)
    assert sum(weights) == pytest.approx(1)
    assert weights == sorted(weights)
    assert weigh([], NOW) == []


@pytest.mark.parametrize("before", [1, 5, 20, 97])
@pytest.mark.parametrize("same_session", [True, False])
def test_three_interactions_outweigh_whatever_came_before(before: int, same_session: bool) -> None:
    old = [dress("red", 7200 - number, "s" if same_session else "old") for number in range(before)]
    events = [*old, *(dress("blue", number) for number in (30, 20, 10))]
    taste = Taste(events, NOW)
    red, blue = (taste.judge(Candidate("new", None, "dress", color)) for color in ("red", "blue"))
    assert red is not None
    assert blue is not None
    assert blue > red


def test_lasting_taste_halves_in_a_fortnight() -> None:
    events = [dress("red", HALF_LIFE_S, "old"), dress("blue", 1, "older"), dress("green", 0, "now")]
    red, blue, _ = weigh(events, NOW)
    assert blue == pytest.approx(2 * red, rel=1e-3)


def test_without_session_ids_a_pause_ends_the_session() -> None:
    near = [dress("red", 60, ""), dress("blue", 0, "")]
    apart = [dress("red", SESSION_GAP_S + 1, ""), dress("blue", 0, "")]
    assert weigh(near, NOW)[0] == pytest.approx(RECALL / (1 + RECALL))
    assert weigh(apart, NOW)[0] == pytest.approx(0.25, abs=0.01)


def test_affinity_is_the_weighted_sum_over_shared_traits() -> None:
    taste = Taste([event(cluster=4, category="dress", color="red", price=30.0)], NOW)
    assert taste.judge(Candidate("x", 4, "dress", "red", 49.0)) == pytest.approx(1.0)
    assert taste.judge(Candidate("x", 5, "shoes", "red", 99.0)) == pytest.approx(0.2)
    assert taste.judge(Candidate("x", 5, "shoes", "blue", 99.0)) is None
    assert taste.judge(Candidate("x")) is None


def test_what_was_disliked_sinks_and_so_does_what_is_like_it() -> None:
    taste = Taste([event("bad", EventType.DISLIKE, cluster=4, category="dress", color="red")], NOW)
    same = taste.judge(Candidate("bad", 4, "dress", "red"))
    alike = taste.judge(Candidate("other", 4, "dress", "red"))
    assert same is not None
    assert alike is not None
    assert same < alike < 0
    assert taste.explain(Candidate("other", 4, "dress", "red")) is None


def test_a_dislike_taken_back_is_forgiven() -> None:
    taste = Taste([event("a", EventType.DISLIKE, 60, color="red"), event("a", color="red")], NOW)
    forgiven = taste.judge(Candidate("a", color="red"))
    assert forgiven == taste.judge(Candidate("b", color="red"))


def test_a_muted_trait_counts_only_from_what_comes_later() -> None:
    events = [dress("red", 100), dress("blue", 50)]
    muted = {(Trait.COLOR, "red"): int(NOW - 60), (Trait.COLOR, "blue"): int(NOW - 60)}
    strengths = Taste(events, NOW, muted).strengths
    assert (Trait.COLOR, "red") not in strengths
    assert strengths[Trait.COLOR, "blue"] > 0
    assert strengths[Trait.CATEGORY, "dress"] == pytest.approx(1)


def test_every_kind_of_interaction_has_a_value_and_only_dislike_is_against() -> None:
    assert set(EVENT_VALUES) == set(EventType)
    assert [kind for kind, value in EVENT_VALUES.items() if value < 0] == [EventType.DISLIKE]
    assert EVENT_VALUES[EventType.VIEW] == min(map(abs, EVENT_VALUES.values()))


@pytest.mark.parametrize(
    ("price", "band"),
    [(0, "0-12.5"), (12.5, "12.5-25"), (24.99, "12.5-25"), (25, "25-50"), (1234, "800-1600")],
)
def test_price_bands_double(price: float, band: str) -> None:
    assert price_band(price) == band


@pytest.mark.parametrize(
    ("candidate", "kind", "text"),
    [
        (Candidate("x", 4, "dress", "blue"), EventType.FAVORITE, "like the red dress you saved"),
        (Candidate("x", 5, "dress", "red"), EventType.PURCHASE, "like the red dress you bought"),
        (Candidate("x", 5, "shoes", "red"), EventType.VIEW, "in red, like the red dress you looked at"),
        (
            Candidate("x", 5, "dress", "blue"),
            EventType.CART,
            "another dress, after the red dress you put in your cart",
        ),
        (Candidate("x", 5, "shoes", "blue", 40.0), EventType.FAVORITE, "priced like the red dress you saved"),
    ],
)
def test_reasons_name_what_they_come_from(candidate: Candidate, kind: EventType, text: str) -> None:
    taste = Taste([event("liked", kind, cluster=4, category="dress", color="red", price=30.0)], NOW)
    cause = taste.explain(candidate)
    assert cause is not None
    assert tell(cause).text == text
    assert tell(cause).values["product_id"] == "liked"


def test_the_reason_is_the_interaction_that_says_most() -> None:
    events = [
        dress("red", 3),
        event("look", EventType.VIEW, 2, color="red", category="shoes"),
        event("glance", EventType.VIEW, 1, color="blue", category="dress"),
    ]
    cause = Taste(events, NOW).explain(Candidate("x", None, "dress", "red"))
    assert cause is not None
    assert cause.event.product_id == "red3"


def test_no_product_is_its_own_reason() -> None:
    assert Taste([dress("red", 3)], NOW).explain(Candidate("red3", None, "dress", "red")) is None


RELEVANCES = {"a": 0.4, "b": 0.38, "c": 0.36, "d": 0.34}


def order(scores: dict[str, float], weight: float) -> str:
    return "".join(each.product_id for each in blend(RELEVANCES, scores, weight))


def test_scores_of_any_scale_are_blended_alike() -> None:
    small = {"a": 0.0001, "b": 0.0002, "c": 0.0009, "d": 0.0003}
    large = {name: 1e6 * value - 300 for name, value in small.items()}
    assert order(small, 0.6) == order(large, 0.6)
    assert blend(RELEVANCES, small, 0.5)[0].score == pytest.approx(blend(RELEVANCES, large, 0.5)[0].score)


def test_the_blend_is_the_weighted_mean_of_the_scaled_scores() -> None:
    by_id = {
        each.product_id: each for each in blend(RELEVANCES, {"a": -1.0, "b": 0.0, "c": 1.0, "d": 0.5}, 0.25)
    }
    assert by_id["b"].affinity == pytest.approx(0.2 + 0.8 * 0.5)
    assert by_id["b"].score == pytest.approx(0.75 * 0.75 + 0.25 * 0.6)
    assert (by_id["a"].affinity, by_id["c"].affinity) == (pytest.approx(0.2), pytest.approx(1.0))


def test_weight_zero_and_no_scores_keep_the_order_of_relevance() -> None:
    assert order({"d": 1.0, "c": 0.5}, 0) == "abcd"
    assert order({}, 1.0) == "abcd"
    assert order(dict.fromkeys(RELEVANCES, 0.3), 0.7) == "abcd"


def test_weight_one_is_the_rankers_order_with_unranked_ones_last() -> None:
    assert order({"d": 0.9, "c": 0.1}, 1.0) == "dcab"
    assert order({"d": -5.0}, 1.0) == "dabc"
    assert order({"b": 0.2, "c": 0.2, "d": 0.2}, 1.0) == "bcda"


def test_what_is_far_from_the_best_keeps_its_place_behind_whatever_the_taste() -> None:
    similarities = {"dress": 0.4, "gown": 0.39, "shoe": 0.31, "hat": 0.1}
    blended = blend(similarities, {"dress": 0.0, "gown": 0.5, "shoe": 0.8, "hat": 1.0}, 1.0)
    assert [each.product_id for each in blended] == ["gown", "dress", "shoe", "hat"]
    assert [each.affinity for each in blended] == [1.0, pytest.approx(1 / 3), None, None]
    assert [each.score for each in blended[2:]] == [0.0, 0.0]


def test_small_differences_of_similarity_stay_small() -> None:
    twenty = {f"dress{place}": 0.562 - 0.0005 * place for place in range(20)}
    last = blend(twenty, {each: float(each == "dress19") for each in twenty}, 0.3)[0]
    assert last.product_id == "dress19"
    assert [each.score for each in blend(twenty, {}, 0.3)][-1] > 0.9


@pytest.mark.parametrize(
    ("similarities", "near"),
    [
        ((), 0),
        ((0.5, 0.41, 0.39), 2),
        ((1.0, 0.1), 1),
        ((1e-9, 0.0, -1e-9), 3),
        ((0.07, 0.03, 0.01), 2),
        ((-0.1, -0.11, -0.2), 2),
    ],
)
def test_near_is_what_the_best_similarity_says(similarities: tuple[float, ...], near: int) -> None:
    assert count_near(similarities) == near


def test_unranked_candidates_have_no_affinity() -> None:
    assert {each.product_id: each.affinity for each in blend(RELEVANCES, {"d": 0.9}, 0.5)} == {
        "a": None,
        "b": None,
        "c": None,
        "d": 1.0,
    }


class Family:
    """Clusters 1 and 2 are alike, 3 is the opposite of both, 4 is nothing to any of them."""

    def spread(self, strengths: Mapping[int, float]) -> Mapping[int, float]:
        kin = {1: {1: 1.0, 2: 0.8, 3: -0.5, 4: 0.0}, 2: {1: 0.8, 2: 1.0, 3: -0.5, 4: 0.0}}
        told: dict[int, float] = dict.fromkeys((1, 2, 3, 4), 0.0)
        for cluster, strength in strengths.items():
            for other, share in kin[cluster].items():
                told[other] += share * strength
        return told

    def alike(self, cluster: int) -> frozenset[int]:
        return frozenset({1, 2}) if cluster in (1, 2) else frozenset({cluster})


def test_a_liked_style_says_something_of_those_like_it_and_of_its_opposite() -> None:
    taste = Taste([event("liked", cluster=1)], NOW, kinship=Family())
    said = [taste.judge(Candidate("x", cluster)) for cluster in (1, 2, 3, 4, 5)]
    assert said == [pytest.approx(each) for each in (0.6, 0.48, -0.3, 0.0)] + [None]
    assert taste.strengths == {(Trait.CLUSTER, "1"): 1.0}


def test_what_is_alike_is_a_reason() -> None:
    taste = Taste([event("liked", cluster=1, category="dress", color="red")], NOW, kinship=Family())
    cause = taste.explain(Candidate("x", 2, "shoes", "blue"))
    assert cause is not None
    assert tell(cause).text == "like the red dress you saved"
    assert taste.explain(Candidate("x", 3, "shoes", "blue")) is None


def test_a_style_that_was_taken_out_says_nothing_of_those_like_it() -> None:
    muted = {(Trait.CLUSTER, "1"): int(NOW)}
    taste = Taste([event("liked", cluster=1, ago=5)], NOW, muted, Family())
    assert not taste.judge(Candidate("x", 2))
    assert taste.explain(Candidate("x", 2)) is None


def test_where_the_best_agree_on_a_category_others_stay_behind() -> None:
    skirts = {f"skirt{place}": "skirt" for place in range(10)}
    assert find_strays({**skirts, "shorts": "shorts", "last": "skirt"}) == {"shorts"}
    assert find_strays({**dict(list(skirts.items())[:9]), "shorts": "shorts", "last": "skirt"}) == set()
    assert find_strays(dict(list(skirts.items())[:9])) == set()


def test_strays_keep_their_places_behind_whatever_the_taste() -> None:
    blended = blend(RELEVANCES, {"a": 0.1, "b": 9.0, "c": 0.5, "d": 0.4}, 1.0, frozenset({"b"}))
    assert "".join(each.product_id for each in blended) == "cdab"
    assert blended[-1].affinity is None
    assert [each.product_id for each in blend(RELEVANCES, {}, 1.0, frozenset({"b"}))] == list(RELEVANCES)
