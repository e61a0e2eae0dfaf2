"""A fitting room and a style service that the pages of the site talk to in tests."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import streamlit as st

from tests.unit.closet_double import FakeCloset
from tests.unit.stylist_double import PIECES
from ui import session
from ui.answers import Capabilities, Hit, Product, ProductPage, SearchAnswer
from ui.fitting_answers import Begun, Deleted, Job, JobPage, PhotoPage, ShopperPhoto, TryOnRequest, Upload
from ui.photos import Photo
from ui.privacy_calls import Erased, Export, ShopperFacts
from ui.problems import ApiProblem
from ui.style_answers import Interaction, Liking, Noted, Outfit, OutfitPiece, Style
from ui.stylist_answers import ConversationPage, ListedConversation

KINDS = ("dress", "shoes", "shirt")
ROWS = [{**piece, "category": kind} for piece, kind in zip(PIECES, KINDS, strict=True)]


def photo(model_id: str = "photo-1", **fields: Any) -> ShopperPhoto:
    """A photo that can be used."""
    told = {
        "model_id": model_id,
        "status": "ready",
        "image_url": f"https://pictures.example.com/{model_id}.jpg",
        "expires_at": datetime.now(UTC) + timedelta(days=7),
        **fields,
    }
    return ShopperPhoto(**told)


def job(job_id: str = "job-1", **fields: Any) -> Job:
    """A look of piece 1 that is made."""
    told = {
        "job_id": job_id,
        "status": "completed",
        "progress": 100,
        "model_id": "photo-1",
        "product_ids": ("id1",),
        "person_url": "https://pictures.example.com/photo-1.jpg",
        "result_url": f"https://pictures.example.com/{job_id}.jpg",
        "notes": ("The colours are those of the shop.",),
        "created_at": datetime.now(UTC),
        **fields,
    }
    return Job(**told)


class FakeBoutique(FakeCloset):
    """Photos, looks and style of one shopper; it is the client, the storage and the news of looks."""

    def __init__(self) -> None:
        super().__init__()
        self.features: tuple[str, ...] = ("search", "try-on", "interactions", "closet")
        self.keeps: dict[str, int] = {}
        self.shelf: dict[str, ShopperPhoto] = {}
        self.looks: dict[str, Job] = {}
        self.news: list[list[Job | None]] = []
        self.problem: ApiProblem | None = None
        self.asked: list[TryOnRequest] = []
        self.sent: list[Photo] = []
        self.searches: list[dict[str, Any]] = []
        self.erased = False
        self.talks: tuple[ListedConversation, ...] = ()
        self.sizes: tuple[str, ...] = ()
        self.stock: dict[str, int] = {}
        self.trending_problem: ApiProblem | None = None
        self.memory = ShopperFacts(consent=True, facts={"city": "Porto", "sizes": ["M", "42"]})
        self.events: list[Interaction] = []
        self.taste = Style(
            weight=0.3,
            interactions=4,
            likes=(
                Liking(kind="color", value="navy", label="Navy", strength=0.8),
                Liking(kind="category", value="shoes", label="Shoes", strength=-0.4),
            ),
        )

    def _check(self) -> None:
        if self.problem:
            raise self.problem

    def capabilities(self) -> Capabilities:
        return Capabilities(features=self.features, keeps=self.keeps)

    def products(self, **_: Any) -> ProductPage:
        return ProductPage(products=tuple(Product(**self._describe(row)) for row in ROWS))

    def trending(self, limit: int = 8, category: str | None = None) -> ProductPage:
        if self.trending_problem:
            raise self.trending_problem
        return ProductPage(products=tuple(Product(**self._describe(row)) for row in ROWS[:limit]))

    def _describe(self, row: dict[str, Any]) -> dict[str, Any]:
        picture = f"https://pictures.example.com/{row['product_id']}.jpg"
        stock = self.stock.get(row["product_id"])
        return {**row, "sizes": self.sizes, "stock": stock, "image_url": picture}

    def product(self, product_id: str) -> Product:
        found = next((row for row in ROWS if row["product_id"] == product_id), None)
        if found is None:
            raise ApiProblem(404, "Not Found")
        return Product(**self._describe(found))

    def search(self, **asked: Any) -> SearchAnswer:
        self.searches.append(asked)
        hits = [Hit(**self._describe(row), relevance=0.9, why=("Because you like navy",)) for row in ROWS]
        return SearchAnswer(results=tuple(hits[: asked["limit"]]))

    def similar(self, product_id: str, *, limit: int = 8) -> SearchAnswer:
        return SearchAnswer(results=tuple(Hit(**row) for row in ROWS if row["product_id"] != product_id))

    def outfit(self, product_id: str, *, limit: int = 4) -> Outfit:
        self._check()
        pieces = tuple(
            OutfitPiece(**row, slot=row["category"]) for row in ROWS if row["product_id"] != product_id
        )
        return Outfit(outfit=pieces, total=120.0, currency="EUR", notes=("One family of colours.",))

    def begin_upload(self, content_type: str, size: int, *, name: str | None = None) -> Upload:
        self._check()
        self.shelf["photo-1"] = photo(status="waiting", image_url=None, name=name)
        return Upload(url="https://storage.example.com", fields={"key": "k"}, model_id="photo-1")

    def send(self, upload: Upload, sent: Photo) -> None:
        self.sent.append(sent)

    def photos(self, *, cursor: str | None = None) -> PhotoPage:
        return PhotoPage(models=tuple(self.shelf.values()))

    def photo(self, model_id: str) -> ShopperPhoto:
        name = self.shelf[model_id].name
        self.shelf[model_id] = photo(model_id, advice=("Show your whole upper body.",), name=name)
        return self.shelf[model_id]

    def delete_photo(self, model_id: str) -> Deleted:
        self._check()
        del self.shelf[model_id]
        self.looks = {key: look for key, look in self.looks.items() if look.model_id != model_id}
        return Deleted()

    def begin_try_on(self, request: TryOnRequest) -> Begun:
        self.asked.append(request)
        self._check()
        return Begun(job_id="job-1")

    def job(self, job_id: str) -> Job:
        if job_id not in self.looks:
            raise ApiProblem(404, "Not Found")
        return self.looks[job_id]

    def jobs(self, *, cursor: str | None = None, limit: int = 24) -> JobPage:
        return JobPage(jobs=tuple(self.looks.values()))

    def delete_job(self, job_id: str) -> Deleted:
        self._check()
        self.looks.pop(job_id, None)
        return Deleted()

    def follow(self, job_ids: Sequence[str]) -> Iterator[Job | None]:
        for told in self.news.pop(0):
            if told:
                self.looks[told.job_id] = told
            yield told

    def style(self) -> Style:
        return self.taste

    def change_style(
        self,
        *,
        weight: float | None = None,
        opted_out: bool | None = None,
        remove: Sequence[Liking] = (),
    ) -> Style:
        self._check()
        gone = [(liking.kind, liking.value) for liking in remove]
        self.taste = self.taste.model_copy(
            update={
                "weight": self.taste.weight if weight is None else weight,
                "opted_out": self.taste.opted_out if opted_out is None else opted_out,
                "likes": tuple(each for each in self.taste.likes if (each.kind, each.value) not in gone),
            }
        )
        return self.taste

    def reset_style(self) -> Style:
        self.taste = Style(weight=self.taste.weight)
        return self.taste

    def facts(self) -> ShopperFacts:
        return self.memory

    def consent(self, *, agreed: bool) -> ShopperFacts:
        self._check()
        self.memory = ShopperFacts(consent=agreed)
        return self.memory

    def forget_fact(self, name: str) -> ShopperFacts:
        self._check()
        rest = {key: value for key, value in self.memory.facts.items() if key != name}
        self.memory = ShopperFacts(consent=True, facts=rest)
        return self.memory

    def export(self, *, cursor: str | None = None) -> Export:
        if cursor is None:
            return Export(data={"photos": [1], "profile": {"city": "Porto"}}, cursor="more")
        return Export(data={"photos": [2]})

    def erase(self) -> Erased:
        self._check()
        self.erased = True
        return Erased()

    def conversations(self, *, cursor: str | None = None, limit: int = 20) -> ConversationPage:
        return ConversationPage(conversations=self.talks[:limit])

    def note_interactions(self, events: Sequence[Interaction]) -> Noted:
        self.events += events
        return Noted(accepted=len(events))


def install(fake: FakeBoutique, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeBoutique]:
    """Puts it in the place of the API; a fixture yields from this."""
    for name in ("get_client", "get_watch", "get_storage"):
        monkeypatch.setattr(session, name, lambda: fake)
    st.cache_data.clear()
    yield fake
    st.cache_data.clear()
