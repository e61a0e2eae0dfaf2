"""The routes of what is kept of a shopper: GET, PATCH and DELETE /me, GET /me/export."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from runtime.privacy.logic import erase, export
from runtime.privacy.settings import KeptObjects, KeptRows, ProfileSettings, read_kept
from runtime.privacy.stores.owned_objects import OwnedObjects
from runtime.privacy.stores.owned_rows import OwnedRows
from runtime.privacy.stores.port import Store, StoreUnavailable
from runtime.privacy.stores.profiles import Profile, ProfileTable
from runtime.shared.auth import Caller
from runtime.shared.aws import Clients
from runtime.shared.http import Api, Request, Route, read_body, read_query
from runtime.shared.problems import Problem, refuse_fields, refuse_for_now
from runtime.shared.settings import read_setting

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Size = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]


class Facts(BaseModel):
    """Facts to keep; null removes one."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    age_group: Literal["10-20", "20-30", "30-50", "50+"] | None = None
    gender: Literal["women", "men", "unisex"] | None = None
    sizes: Annotated[list[Size], Field(min_length=1, max_length=20)] | None = None
    style: Words | None = None
    budget: Annotated[float, Field(gt=0, le=10_000_000)] | None = None
    city: Words | None = None


class ProfileChange(BaseModel):
    """The body of PATCH /me."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    consent: bool | None = None
    facts: Facts | None = None


class ExportQuery(BaseModel):
    """The query parameters of GET /me/export."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cursor: Annotated[str, StringConstraints(min_length=1, max_length=400)] | None = None


def handler(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return _open_api()(event, context)


@cache
def _open_api() -> Api:
    profiles: ProfileSettings = read_setting("PROFILES", ProfileSettings)
    clients = Clients()
    profile_table = ProfileTable(clients.get("dynamodb"), profiles.table)
    # The profile goes first: without consent a running conversation notes nothing more.
    return create_api(profile_table, [profile_table, *(_open_store(kept, clients) for kept in read_kept())])


def _open_store(kept: KeptRows | KeptObjects, clients: Clients) -> Store:
    if isinstance(kept, KeptRows):
        return OwnedRows(clients.get("dynamodb"), kept)
    return OwnedObjects(clients.get("s3"), kept)


def create_api(profiles: ProfileTable, stores: Sequence[Store]) -> Api:
    """The routes over all places that keep something of a shopper."""

    def get_profile(request: Request) -> dict[str, Any]:
        return _describe(profiles.load(_caller(request).subject))

    def change_profile(request: Request) -> dict[str, Any]:
        return _describe(_change(profiles, _caller(request).subject, read_body(request, ProfileChange)))

    def export_all(request: Request) -> dict[str, Any]:
        asked = read_query(request, ExportQuery)
        found = export(stores, _caller(request).subject, asked.cursor)
        request.counts["Records"] = sum(len(records) for records in found.data.values())
        now = datetime.now(UTC).isoformat(timespec="seconds")
        return {"exported_at": now, "data": found.data, "cursor": found.cursor}

    def erase_all(request: Request) -> dict[str, Any]:
        erased = erase(stores, _caller(request).subject)
        request.counts["Erased"] = sum(erased.values())
        return {"erased": erased}

    return Api(
        [
            Route("GET", "/me", get_profile),
            Route("PATCH", "/me", change_profile),
            Route("DELETE", "/me", erase_all),
            Route("GET", "/me/export", export_all),
        ],
        answers={
            StoreUnavailable: lambda _: refuse_for_now(
                "Your data is not available just now; try again.", retry_after=5
            ),
        },
    )


def _change(profiles: ProfileTable, user_id: str, asked: ProfileChange) -> Profile:
    given = asked.facts.model_dump(exclude_unset=True) if asked.facts else {}
    if asked.consent is None and not given:
        raise refuse_fields(("consent", "give consent, facts or both"))
    if asked.consent is False:
        if given:
            raise refuse_fields(("facts", "are not kept without consent; leave them out"))
        return profiles.withdraw(user_id)
    profile = profiles.agree(user_id) if asked.consent else None
    if given:
        profile = profiles.change(user_id, given)
    if profile is None:
        raise Problem(409, "No consent", "Facts are kept only with consent; send consent true as well.")
    return profile


def _caller(request: Request) -> Caller:
    if request.caller is None:  # the route is not public, so the Api has seen to it
        raise Problem(401, "Unauthorized", "Sign in first.")
    return request.caller


def _describe(profile: Profile) -> dict[str, Any]:
    return {
        "consent": profile.consent,
        "facts": dict(profile.facts),
        "updated_at": profile.updated_at,
    }
