"""The catalogue of AI models: what exists, where, and until when."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).resolve().parents[2] / "runtime" / "shared" / "models.toml"


@dataclass(frozen=True, slots=True)
class Model:
    """One model of the catalogue; the fields are those of `runtime/shared/models.toml`."""

    id: str
    provider: str
    kind: str
    status: str
    """`active`, `legacy` (still answers, will end) or `ended`."""
    regions: tuple[str, ...]
    eol: date | None
    replacement: str | None
    profile: bool
    """Reachable only through an inference profile; `regions` are those that it passes calls on to."""
    price_usd: float | None
    """US dollars for one picture (kind `image`), an estimate."""

    @property
    def base_id(self) -> str:
        """Id of the model itself, without the prefix of the inference profile."""
        return self.id.partition(".")[2] if self.profile else self.id

    def ended_by(self, today: date) -> bool:
        """Whether calls to the model fail on that day."""
        return self.status == "ended" if self.eol is None else self.eol <= today

    def require_region(self, region: str) -> str:
        """`region`, where the model must be offered. Raises ValueError that names those where it is."""
        if region not in self.regions:
            raise ValueError(
                f"model {self.id} is not offered in {region}; it is in {', '.join(self.regions)}"
            )
        return region

    def nearest_region(self, region: str) -> str:
        """`region` where the model is offered there, else the first region that offers it."""
        return region if region in self.regions else self.regions[0]


def load_models(path: Path = CATALOGUE) -> dict[str, Model]:
    """All models by id. Raises KeyError when an entry lacks a field."""
    entries = tomllib.loads(path.read_text(encoding="utf-8"))["models"]
    return {entry["id"]: _read(entry) for entry in entries}


def _read(entry: Mapping[str, Any]) -> Model:
    return Model(
        id=entry["id"],
        provider=entry["provider"],
        kind=entry["kind"],
        status=entry["status"],
        regions=tuple(entry["regions"]),
        eol=entry.get("eol"),
        replacement=entry.get("replacement"),
        profile=entry["profile"],
        price_usd=entry.get("price_usd"),
    )


def find_model(model_id: str, kind: str, models: Mapping[str, Model]) -> Model:
    """The model of that id, which must make `kind`. Raises ValueError that lists those which do."""
    model = models.get(model_id)
    if model is None or model.kind != kind:
        known = sorted(each.id for each in models.values() if each.kind == kind and each.status != "ended")
        raise ValueError(f"model: {model_id!r} is no {kind} model; use one of {', '.join(known)}")
    return model


def check_models(model_ids: list[str], models: Mapping[str, Model], today: date) -> list[str]:
    """Warnings about models that are going to end.

    Raises ValueError for one that has ended or is not in the catalogue; the text says what to use instead.
    """
    warnings: list[str] = []
    for model_id in model_ids:
        model = models.get(model_id)
        if model is None:
            raise ValueError(
                f"model {model_id} is not in runtime/shared/models.toml: add it there with its status"
            )
        instead = f"use {model.replacement} instead" if model.replacement else "choose another model"
        if model.ended_by(today):
            raise ValueError(
                f"model {model_id} has reached its end of life ({model.eol or 'no date known'}): {instead}"
            )
        if model.status == "legacy" or model.eol is not None:
            warnings.append(
                f"model {model_id} is legacy and ends on {model.eol or 'a date not yet known'}: {instead}"
            )
    return warnings
