"""Amazon Personalize as a ranker, the fallback in front of it, and the events that it hears of."""

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from runtime.personalization.events import LiveEvents, requests
from runtime.personalization.pointer import POINTER_KEY, LiveModel, Pointer, clear_live, write_live
from runtime.personalization.port import Candidate, EventType, Ranker, RankerUnavailable, Ranking
from runtime.personalization.rankers.builtin import BuiltInRanker
from runtime.personalization.rankers.choice import choose_ranker, open_live_events
from runtime.personalization.rankers.fallback import Breaker, FallbackRanker
from runtime.personalization.rankers.personalize import NoCampaign, PersonalizeRanker
from runtime.personalization.recorder import open_sinks
from runtime.personalization.style import Style
from runtime.personalization.taste import Event as StyleEvent
from runtime.shared.aws import Clients
from runtime.shared.settings import SettingsError
from tests.support.personalize import BUCKET, MemoryS3, client_error, interaction
from tests.unit.chat_doubles import check_request

LIVE = LiveModel(
    campaign_arn="arn:aws:personalize:us-east-1:123456789012:campaign/shop",
    solution_version_arn="arn:aws:personalize:us-east-1:123456789012:solution/shop/1",
    tracking_id="tracker",
    metrics={},
    switched_at=1,
)
NOW = 1_800_000_000.0


@dataclass
class FakeRuntime:
    """Answers GetPersonalizedRanking with scores by item, an exception, or whatever else it is given."""

    answer: Any
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def get_personalized_ranking(self, **request: Any) -> Any:
        check_request("personalize-runtime", "GetPersonalizedRanking", request)
        self.requests.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        if not isinstance(self.answer, Mapping) or "personalizedRanking" in self.answer:
            return self.answer
        scores: Mapping[str, float] = self.answer
        known = [item for item in request["inputList"] if item in scores]
        return {"personalizedRanking": [{"itemId": item, "score": scores[item]} for item in known]}


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def pointer_to(live: LiveModel | None = LIVE) -> Pointer:
    s3 = MemoryS3()
    if live:
        write_live(s3, BUCKET, live)
    return Pointer(s3, BUCKET)


def personalize(answer: Any, live: LiveModel | None = LIVE) -> tuple[PersonalizeRanker, FakeRuntime]:
    runtime = FakeRuntime(answer)
    return PersonalizeRanker(runtime, pointer_to(live)), runtime


def builtin() -> BuiltInRanker:
    liked = StyleEvent("liked", EventType.FAVORITE, int(NOW), session="s", category="dress", cluster=1)
    style = Style("shopper", pseudonym="user", events=(liked,))
    return BuiltInRanker(lambda _: style, lambda: NOW)


LIKED, OTHER, UNKNOWN = (
    Candidate("liked-kind", 1, "dress"),
    Candidate("other-kind", 2, "boots"),
    Candidate("no-kind"),
)


@pytest.fixture(params=["builtin", "personalize", "fallback"])
def ranker(request: pytest.FixtureRequest) -> Ranker:
    rankers: dict[str, Callable[[], Ranker]] = {
        "builtin": builtin,
        "personalize": lambda: personalize({"cluster-1": 0.7, "cluster-2": 0.2})[0],
        "fallback": lambda: FallbackRanker(personalize({"cluster-1": 0.7, "cluster-2": 0.2})[0], builtin()),
    }
    return rankers[request.param]()


# ---- what every ranker does


def test_what_is_liked_scores_higher(ranker: Ranker) -> None:
    scores = ranker.rank("user", "s", [OTHER, LIKED]).scores
    assert scores["liked-kind"] > scores["other-kind"]


def test_scores_are_of_candidates_only_and_finite(ranker: Ranker) -> None:
    ranking = ranker.rank("user", None, [LIKED, OTHER, UNKNOWN])
    assert set(ranking.scores) <= {"liked-kind", "other-kind", "no-kind"}
    assert all(abs(score) < 1e6 for score in ranking.scores.values())
    assert set(ranking.why) <= set(ranking.scores)
    assert ranking.source in ("builtin", "personalize")


def test_without_candidates_there_are_no_scores(ranker: Ranker) -> None:
    assert not ranker.rank("user", "s", []).scores


def test_rankers_serve_several_threads(ranker: Ranker) -> None:
    found: list[Mapping[str, float]] = []
    threads = [
        threading.Thread(target=lambda: found.append(ranker.rank("user", "s", [LIKED, OTHER]).scores))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(scores == found[0] for scores in found)


# ---- Personalize


def test_clusters_are_sent_once_and_scores_go_to_all_their_products() -> None:
    ranker, runtime = personalize({"cluster-1": 0.5, "cluster-2": 0.3})
    candidates = [Candidate(f"p{n}", n % 2 + 1) for n in range(10)]
    ranking = ranker.rank("user", "s", candidates)
    assert runtime.requests == [
        {"campaignArn": LIVE.campaign_arn, "userId": "user", "inputList": ["cluster-1", "cluster-2"]}
    ]
    assert ranking.scores == {f"p{n}": (0.5, 0.3)[n % 2] for n in range(10)}
    assert ranking.source == "personalize"


def test_at_most_500_clusters_are_sent_the_best_found_first() -> None:
    ranker, runtime = personalize({f"cluster-{n}": 1.0 for n in range(700)})
    ranking = ranker.rank("user", None, [Candidate(f"p{n}", n) for n in range(700)])
    assert runtime.requests[0]["inputList"] == [f"cluster-{n}" for n in range(500)]
    assert set(ranking.scores) == {f"p{n}" for n in range(500)}


def test_products_that_nothing_is_known_of_are_missing() -> None:
    ranker, _ = personalize(
        {"personalizedRanking": [{"itemId": "cluster-1", "score": 0.4}, {"itemId": "cluster-2"}]}
    )
    assert ranker.rank("user", None, [LIKED, OTHER, UNKNOWN]).scores == {"liked-kind": 0.4}


def test_without_clusters_nobody_is_asked() -> None:
    ranker, runtime = personalize({})
    assert not ranker.rank("user", None, [UNKNOWN]).scores
    assert not runtime.requests


TROUBLES: dict[str, Any] = {
    "throttled": client_error("ThrottlingException", "GetPersonalizedRanking", 429),
    "gone": client_error("ResourceNotFoundException", "GetPersonalizedRanking", 404),
    "forbidden": client_error("AccessDeniedException", "GetPersonalizedRanking", 403),
    "down": EndpointConnectionError(endpoint_url="https://personalize"),
    "slow": ReadTimeoutError(endpoint_url="https://personalize"),
    "far": ConnectTimeoutError(endpoint_url="https://personalize"),
    "empty": {"personalizedRanking": None},
    "text": {"personalizedRanking": "cluster-1"},
    "nameless": {"personalizedRanking": [{"score": 1.0}]},
    "null": None,
}


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_every_trouble_is_an_unavailable_ranker(trouble: Any) -> None:
    ranker, _ = personalize(trouble)
    with pytest.raises(RankerUnavailable):
        ranker.rank("user", None, [LIKED])


def test_a_score_that_is_no_number_is_no_score() -> None:
    entries = [{"itemId": "cluster-1", "score": float("nan")}, {"itemId": "cluster-2", "score": "high"}]
    ranker, _ = personalize({"personalizedRanking": entries})
    assert not ranker.rank("user", None, [LIKED, OTHER]).scores


# ---- the fallback


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES.keys())
def test_the_built_in_ranker_answers_and_it_is_said(trouble: Any) -> None:
    ranking = FallbackRanker(personalize(trouble)[0], builtin()).rank("user", None, [LIKED, OTHER])
    assert ranking.source == "builtin (personalize unavailable)"
    assert ranking.scores == builtin().rank("user", None, [LIKED, OTHER]).scores


def test_reasons_are_the_built_in_rankers_and_scores_are_personalizes() -> None:
    ranking = FallbackRanker(personalize({"cluster-1": 0.7})[0], builtin()).rank("user", None, [LIKED])
    assert ranking.scores == {"liked-kind": 0.7}
    assert ranking.why == builtin().rank("user", None, [LIKED]).why
    assert ranking.why["liked-kind"]


def test_before_the_first_training_the_built_in_ranker_answers() -> None:
    ranker, runtime = personalize({}, live=None)
    with pytest.raises(NoCampaign):
        ranker.rank("user", None, [LIKED])
    fallback = FallbackRanker(ranker, builtin())
    for _ in range(10):
        assert fallback.rank("user", None, [LIKED]).source == "builtin (personalize unavailable)"
    assert not runtime.requests


def test_a_failing_service_is_left_alone_tried_now_and_then_and_found_again() -> None:
    clock, (first, runtime) = Clock(), personalize(TROUBLES["slow"])
    fallback = FallbackRanker(first, builtin(), Breaker(clock))

    def sources(count: int) -> set[str]:
        return {fallback.rank("user", None, [LIKED]).source for _ in range(count)}

    assert sources(20) == {"builtin (personalize unavailable)"}
    assert len(runtime.requests) == 3, "after three failures nobody waits for it any more"
    clock.now = 2.0
    sources(20)
    assert len(runtime.requests) == 4, "one request tries"
    clock.now = 5.9
    sources(5)
    assert len(runtime.requests) == 4, "the pause has doubled"
    clock.now, runtime.answer = 6.0, {"cluster-1": 0.7}
    assert sources(20) == {"personalize"}
    runtime.answer = TROUBLES["slow"]
    sources(2)
    runtime.answer = {"cluster-1": 0.7}
    assert sources(1) == {"personalize"}, "failures count in a row only"


def test_the_longest_pause_is_a_minute() -> None:
    clock = Clock()
    breaker = Breaker(clock)
    for _ in range(30):
        breaker.failed()
    clock.now = 59.9
    assert not breaker.admits()
    clock.now = 60.0
    assert breaker.admits()
    assert not breaker.admits(), "the trial has one request only"


class Unavailable:
    def rank(self, user_id: str, session_id: str | None, candidates: Sequence[Candidate]) -> Ranking:
        raise RankerUnavailable("the table is throttled")


def test_personalize_answers_where_the_built_in_ranker_cannot() -> None:
    ranking = FallbackRanker(personalize({"cluster-1": 0.7})[0], Unavailable()).rank("user", None, [LIKED])
    assert (dict(ranking.scores), dict(ranking.why), ranking.source) == (
        {"liked-kind": 0.7},
        {},
        "personalize",
    )
    with pytest.raises(RankerUnavailable, match="throttled"):
        FallbackRanker(personalize(TROUBLES["down"])[0], Unavailable()).rank("user", None, [LIKED])


# ---- the pointer


def test_the_pointer_is_read_twice_a_minute_and_follows_a_switch() -> None:
    s3, clock = MemoryS3(), Clock()
    pointer = Pointer(s3, BUCKET, clock)
    assert pointer.current() is None
    write_live(s3, BUCKET, LIVE)
    assert pointer.current() is None
    clock.now = 5.0
    assert pointer.current() == LIVE, "a first model is found within seconds"
    clear_live(s3, BUCKET)
    clock.now = 34.0
    assert pointer.current() == LIVE
    clock.now = 36.0
    assert pointer.current() is None


@pytest.mark.parametrize("trouble", ["down", "garbage"])
def test_what_was_live_stays_while_s3_is_in_trouble(trouble: str) -> None:
    s3, clock = MemoryS3(), Clock()
    write_live(s3, BUCKET, LIVE)
    pointer = Pointer(s3, BUCKET, clock)
    assert pointer.current() == LIVE
    if trouble == "down":
        s3.fails = client_error("SlowDown", "GetObject", 503)
    else:
        s3.objects[BUCKET, POINTER_KEY] = b"{"
    clock.now = 100.0
    assert pointer.current() == LIVE
    fresh = Pointer(s3, BUCKET, clock)
    assert fresh.current() is None


def test_a_newer_workflow_may_say_more() -> None:
    s3 = MemoryS3()
    s3.objects[BUCKET, POINTER_KEY] = json.dumps({**LIVE.model_dump(), "recipe": "v3"}).encode()
    assert Pointer(s3, BUCKET).current() == LIVE


# ---- live events


@dataclass
class FakeEvents:
    fails: Exception | None = None
    requests: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def put_events(self, **request: Any) -> None:
        check_request("personalize-events", "PutEvents", request)
        self.requests.append(request)
        if self.fails:
            raise self.fails


def test_events_are_told_of_clusters_with_their_value_and_time() -> None:
    client = FakeEvents()
    told = interaction(1, cluster=7, event_type=EventType.CART, timestamp=1_800_000_000)
    LiveEvents(client, pointer_to()).write([told])
    assert client.requests == [
        {
            "trackingId": "tracker",
            "userId": "user-0",
            "sessionId": "session",
            "eventList": [
                {
                    "eventId": "event-1",
                    "eventType": "cart",
                    "eventValue": 1.0,
                    "itemId": "cluster-7",
                    "sentAt": datetime(2027, 1, 15, 8, tzinfo=UTC),
                }
            ],
        }
    ]


def test_ten_events_of_one_session_go_together() -> None:
    events = [interaction(n, session_id="a" if n % 2 else "b") for n in range(50)]
    made = list(requests(events))
    assert sorted((each["sessionId"], len(each["eventList"])) for each in made) == [
        ("a", 5),
        ("a", 10),
        ("a", 10),
        ("b", 5),
        ("b", 10),
        ("b", 10),
    ]
    for request in made:
        check_request("personalize-events", "PutEvents", {"trackingId": "t", **request})


def test_dislikes_and_products_without_cluster_are_not_told() -> None:
    assert not list(requests([interaction(1, event_type=EventType.DISLIKE), interaction(2, cluster=None)]))


@pytest.mark.parametrize("trouble", ["throttled", "down", "slow"])
def test_interactions_do_not_fail_with_personalize(trouble: str) -> None:
    client = FakeEvents(TROUBLES[trouble])
    LiveEvents(client, pointer_to()).write([interaction(n) for n in range(100)])
    assert len(client.requests) == 1, "nobody waits ten times for a service that is down"
    quiet = FakeEvents()
    LiveEvents(quiet, pointer_to(None)).write([interaction(1)])
    assert not quiet.requests


# ---- the choice


def test_the_variable_chooses_the_ranker(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    clients, first = Clients(), builtin()
    chosen = {"RANKER": json.dumps({"kind": "personalize", "bucket": BUCKET})}
    for environ in ({}, {"RANKER": '{"kind": "builtin"}'}):
        assert choose_ranker(first, clients, environ) is first
        assert open_live_events(clients, environ) is None
    assert isinstance(choose_ranker(first, clients, chosen), FallbackRanker)
    assert isinstance(open_live_events(clients, chosen), LiveEvents)
    with pytest.raises(SettingsError, match="RANKER"):
        choose_ranker(first, clients, {"RANKER": '{"kind": "magic"}'})


def test_the_recorder_tells_the_lake_first_and_then_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("LAKE", json.dumps({"bucket": "lake", "prefix": "interactions/"}))
    monkeypatch.setenv("POPULARITY", json.dumps({"table": "popularity"}))
    assert [type(sink).__name__ for sink in open_sinks.__wrapped__()] == ["Lake", "Popularity"]
    monkeypatch.setenv("RANKER", json.dumps({"kind": "personalize", "bucket": BUCKET}))
    names = [type(sink).__name__ for sink in open_sinks.__wrapped__()]
    assert names == ["Lake", "Popularity", "LiveEvents"]
