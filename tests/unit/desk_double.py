"""A catalogue that the desk's page talks to in tests."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.unit.stylist_double import FakeStylist, install, open_app
from ui import session
from ui.answers import Product, ProductPage
from ui.desk_answers import (
    CatalogFile,
    CatalogFiles,
    CatalogStatus,
    Clusters,
    DeadLetter,
    DeadLetterPage,
    LetterDeleted,
    NewFile,
    ProductCount,
    Queue,
    Retried,
    Snapshot,
    Started,
    UploadForm,
    UploadForms,
)
from ui.problems import ApiProblem

CATALOGUE = "views/catalogue.py"


def letter(letter_id: str, **fields: Any) -> DeadLetter:
    """A letter about a picture that was cut short."""
    told: dict[str, Any] = {
        "id": letter_id,
        "key": f"products/dress/{letter_id}.jpg",
        "kind": "picture-damaged",
        "reason": "The picture is cut short.",
        "attempts": 1,
        "since": datetime.now(UTC) - timedelta(hours=2),
        **fields,
    }
    return DeadLetter(**told)


@dataclass
class FakeDesk(FakeStylist):
    """Keeps files and letters, answers for them, and remembers what it was asked."""

    files: dict[str, CatalogFile] = field(default_factory=dict[str, CatalogFile])
    letters: dict[str, DeadLetter] = field(default_factory=dict[str, DeadLetter])
    announced: list[NewFile] = field(default_factory=list[NewFile])
    sent: dict[str, bytes] = field(default_factory=dict[str, bytes])
    retried: list[Sequence[str] | None] = field(default_factory=list[Sequence[str] | None])
    status: dict[str, Any] = field(default_factory=dict[str, Any])
    grouped_at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(hours=2))
    looks: int = 0
    groupings: int = 0
    problem: ApiProblem | None = None
    unsendable: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__init__()
        self.features = ("search", "desk")

    def products(self, **_: Any) -> ProductPage:
        return ProductPage(products=(Product(product_id="a", category="dress"),))

    def begin_catalog_uploads(self, files: Sequence[NewFile]) -> UploadForms:
        self._fail()
        self.announced += files
        keys = [f"products/{file.category}/{file.name}" for file in files]
        self.files |= {key: CatalogFile(key=key) for key in keys}
        return UploadForms(uploads=tuple(UploadForm(key=key, url=key, fields={}) for key in keys))

    def send_file(self, url: str, fields: Mapping[str, str], name: str, data: bytes, _: str) -> None:
        """As the storage."""
        if name in self.unsendable:
            raise ApiProblem(502, "Storage refused")
        self.sent[name] = data

    def catalog_files(self, keys: Sequence[str]) -> CatalogFiles:
        return CatalogFiles(files=tuple(self.files[key] for key in keys))

    def catalog_status(self) -> CatalogStatus:
        told: dict[str, Any] = {
            "queue": Queue(),
            "dead_letters": len(self.letters),
            "products": ProductCount(count=372),
            "vector_backend": "dynamodb",
            "snapshot": Snapshot(written_at=datetime.now(UTC) - timedelta(minutes=3), vectors=372),
            "clusters": Clusters(made_at=self.grouped_at, count=18, products=372),
            **self.status,
        }
        return CatalogStatus(**told)

    def dead_letters(self, *, cursor: str | None = None) -> DeadLetterPage:
        self._fail()
        self.looks += 1
        return DeadLetterPage(dead_letters=tuple(self.letters.values()), count=len(self.letters))

    def retry_dead_letters(self, ids: Sequence[str] | None = None) -> Retried:
        self._fail()
        self.retried.append(ids)
        chosen = list(self.letters) if ids is None else list(ids)
        for each in chosen:
            self.letters.pop(each)
        return Retried(retried=len(chosen))

    def delete_dead_letter(self, letter_id: str) -> LetterDeleted:
        if self.letters.pop(letter_id, None) is None:
            raise ApiProblem(404, "Not found")
        return LetterDeleted(deleted=letter_id)

    def group_products(self) -> Started:
        self._fail()
        self.groupings += 1
        return Started()

    def _fail(self) -> None:
        if self.problem:
            raise self.problem


def install_desk(fake: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDesk]:
    """Puts it in the place of the API and the storage; a fixture yields from this."""
    monkeypatch.setattr(session, "get_storage", lambda: fake)
    for _ in install(fake, monkeypatch):
        yield fake


def come_in(groups: Sequence[str] = ("merchandiser",)) -> AppTest:
    """The site for somebody of these groups."""
    test = open_app()
    test.user = {
        "is_logged_in": True,
        "given_name": "Mia",
        "tokens": {"access": "the-token"},
        "cognito:groups": list(groups),
    }
    return test.run()


def open_catalogue() -> AppTest:
    """The page, for a merchandiser."""
    test = come_in()
    test.switch_page(CATALOGUE).run()
    assert not test.exception
    return test
