"""What a shopper's interest is learned from: told in batches, beside the page, and never in its way."""

import threading
import uuid
from concurrent.futures import Future, ThreadPoolExecutor

import streamlit as st

from ui import catalog, keepsakes, session
from ui.client import StylistClient
from ui.problems import ApiProblem
from ui.style_answers import EventType, Interaction

_STATE = "signals"
_INCOGNITO = "incognito"
_LARGEST_BATCH = 25


class Outbox:
    """Interactions on their way. A batch that is lost is sent once more, with the next one."""

    def __init__(self) -> None:
        self.session_id = uuid.uuid4().hex
        self._lock = threading.Lock()
        self._fresh: list[Interaction] = []
        self._failed: list[Interaction] = []
        self._seen: set[str] = set()

    def add(self, product_id: str, event_type: EventType) -> None:
        """Puts one in; that a product was looked at counts once per session."""
        with self._lock:
            if event_type == "view":
                if product_id in self._seen:
                    return
                self._seen.add(product_id)
            self._fresh.append(
                Interaction(product_id=product_id, event_type=event_type, session_id=self.session_id)
            )

    def clear(self) -> None:
        """Forgets what was not sent."""
        with self._lock:
            self._fresh, self._failed = [], []

    def flush(self, client: StylistClient) -> None:
        """Sends what there is, in as few calls as possible."""
        with self._lock:
            fresh, failed = self._fresh, self._failed
            self._fresh, self._failed = [], []
        lost = _send(client, fresh)
        _send(client, failed)
        with self._lock:
            self._failed += lost

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to send."""
        return not (self._fresh or self._failed)


def _send(client: StylistClient, events: list[Interaction]) -> list[Interaction]:
    """The events that were not taken and might be another time."""
    lost: list[Interaction] = []
    for start in range(0, len(events), _LARGEST_BATCH):
        batch = events[start : start + _LARGEST_BATCH]
        try:
            client.note_interactions(batch)
        except ApiProblem as problem:
            if problem.status not in range(400, 500) or problem.status == 429:
                lost += batch
    return lost


def note(product_id: str, event_type: EventType) -> None:
    """Keeps in mind what the shopper did, unless they are incognito."""
    if not is_incognito():
        _outbox().add(product_id, event_type)


def tell(product_id: str, event_type: EventType) -> None:
    """Notes and sends it, for clicks after which only a part of the page is drawn."""
    client = session.get_client()
    if catalog.find_features(client).style:
        note(product_id, event_type)
        send(client)


def send(client: StylistClient) -> Future[None] | None:
    """Sends what was noted, in the background."""
    outbox = _outbox()
    return None if outbox.is_empty else _share_threads().submit(outbox.flush, client)


def is_incognito() -> bool:
    """Whether nothing is noted and nothing that is known counts; lasts until the browser is closed."""
    if _INCOGNITO not in st.session_state:
        st.session_state[_INCOGNITO] = keepsakes.read(_INCOGNITO) == "1"
    return st.session_state[_INCOGNITO]


def set_incognito(wanted: bool) -> None:
    """Begins or ends it; what was not sent yet is forgotten when it begins."""
    st.session_state[_INCOGNITO] = wanted
    keepsakes.keep(_INCOGNITO, "1" if wanted else "", lasting=False)
    if wanted:
        _outbox().clear()


def forget() -> None:
    """Drops what was noted and not sent yet."""
    _outbox().clear()


def _outbox() -> Outbox:
    return st.session_state.setdefault(_STATE, Outbox())


@st.cache_resource(show_spinner=False)
def _share_threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=4, thread_name_prefix="signals")
