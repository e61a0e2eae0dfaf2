"""From variable RANKER to the ranker and to what live interactions are told to."""

import os
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from runtime.personalization.events import LiveEvents
from runtime.personalization.pointer import PersonalizeSettings, Pointer
from runtime.personalization.port import Ranker
from runtime.personalization.rankers.fallback import FallbackRanker
from runtime.personalization.rankers.personalize import PersonalizeRanker
from runtime.shared.aws import Clients
from runtime.shared.settings import SettingsModel, read_setting

VARIABLE = "RANKER"


class BuiltinSettings(SettingsModel):
    """Variable RANKER where only the built-in ranker ranks."""

    kind: Literal["builtin"]


RankerSettings = Annotated[BuiltinSettings | PersonalizeSettings, Field(discriminator="kind")]


def choose_ranker(builtin: Ranker, clients: Clients, environ: Mapping[str, str] = os.environ) -> Ranker:
    """The ranker that RANKER names, `builtin` without it. Raises SettingsError for a wrong value."""
    settings = _read(environ)
    if not isinstance(settings, PersonalizeSettings):
        return builtin
    client = clients.get("personalize-runtime", quick=True)
    return FallbackRanker(PersonalizeRanker(client, _open_pointer(clients, settings)), builtin)


def open_live_events(clients: Clients, environ: Mapping[str, str] = os.environ) -> LiveEvents | None:
    """What interactions are told to as they come, where RANKER names a ranker that listens."""
    settings = _read(environ)
    if not isinstance(settings, PersonalizeSettings):
        return None
    return LiveEvents(clients.get("personalize-events", quick=True), _open_pointer(clients, settings))


def _read(environ: Mapping[str, str]) -> BuiltinSettings | PersonalizeSettings:
    if VARIABLE not in environ:
        return BuiltinSettings(kind="builtin")
    return read_setting(VARIABLE, RankerSettings, environ)


def _open_pointer(clients: Clients, settings: PersonalizeSettings) -> Pointer:
    return Pointer(clients.get("s3", quick=True), settings.bucket)
