"""Configuration: declared, documented, checked, and explained when it is wrong."""

import json
import logging
from datetime import date
from enum import StrEnum
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from components import (
    ChatEngine,
    KnowledgeStorage,
    OpenSearchGeneration,
    VectorBackend,
    WeatherSource,
)
from components._lib.models import Model, check_models, load_models
from docs.environments import PAGE, render
from settings import Settings, parse_settings
from tests.graph.recorder import ROOT, STACKS, record_stack, stack_config

PROJECT = "virtual-stylist"
TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}


def parse(**changes: Any) -> Settings:
    config = {"aws:region": "us-east-1", **{f"{PROJECT}:{key}": value for key, value in changes.items()}}
    return parse_settings(PROJECT, config)


def project() -> dict[str, Any]:
    return yaml.safe_load((ROOT / "Pulumi.yaml").read_text())


def field_of(key: str) -> str:
    return next(name for name, field in Settings.model_fields.items() if field.alias == key)


def test_every_key_is_declared_with_the_type_and_default_of_its_field() -> None:
    declared = project()["config"]
    fields = {field.alias for name, field in Settings.model_fields.items() if name != "region"}
    assert set(declared) == fields
    defaults = parse()
    for key, rules in declared.items():
        value = getattr(defaults, field_of(key))
        plain = value.get_secret_value() if isinstance(value, SecretStr) else value
        plain = plain.value if isinstance(plain, StrEnum) else plain
        assert isinstance(plain, TYPES[rules["type"]]), key
        assert rules["default"] == plain, key


def test_every_key_is_described_in_a_sentence() -> None:
    for key, rules in project()["config"].items():
        assert len(rules["description"]) > 30 and rules["description"].endswith("."), key


@pytest.mark.parametrize("stack", STACKS)
def test_stack_files_hold_declared_keys_only_and_can_be_read(stack: str) -> None:
    config = yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"]
    own = {key.removeprefix(f"{PROJECT}:") for key in config if key.startswith(f"{PROJECT}:")}
    assert own and own <= set(project()["config"])
    assert {key for key in config if not key.startswith(f"{PROJECT}:")} == {"aws:region", "aws:defaultTags"}
    assert parse_settings(PROJECT, stack_config(stack)).region == "us-east-1"


def test_stack_files_set_the_same_keys_in_the_same_order() -> None:
    files = [yaml.safe_load((ROOT / f"Pulumi.{stack}.yaml").read_text())["config"] for stack in STACKS]
    assert [list(file) for file in files] == [list(files[0])] * len(STACKS)


def test_the_page_of_environments_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == render(), "run `python -m docs.environments`"


def test_stacks_differ_as_documented() -> None:
    dev, prod = (parse_settings(PROJECT, stack_config(stack)) for stack in ("dev", "prod"))
    assert (dev.protect_data, prod.protect_data) == (False, True)
    assert (dev.log_retention_days, prod.log_retention_days) == (14, 90)
    assert (dev.vector_backend, prod.vector_backend) == (VectorBackend.DYNAMODB, VectorBackend.OPENSEARCH)
    assert dev.knowledge_base_storage == KnowledgeStorage.S3VECTORS
    assert prod.knowledge_base_storage == KnowledgeStorage.OPENSEARCH
    assert dev.opensearch_generation == prod.opensearch_generation == OpenSearchGeneration.NEXTGEN
    assert (dev.daily_spend_usd, prod.daily_spend_usd) == (5, 50)
    assert dev.chat_engine == prod.chat_engine == ChatEngine.CONVERSE
    assert dev.weather == prod.weather == WeatherSource.OPEN_METEO
    assert dev.embedding_dimensions == prod.embedding_dimensions == 1024


def test_values_arrive_as_texts_and_leave_typed() -> None:
    settings = parse(
        embeddingDimensions="384", protectData="false", tags='{"team": "shop"}', vectorBackend="s3vectors"
    )
    assert settings.embedding_dimensions == 384
    assert settings.protect_data is False
    assert settings.tags == {"team": "shop"}
    assert settings.vector_backend is VectorBackend.S3VECTORS


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        (
            {"vectorBakend": "dynamodb"},
            "virtual-stylist:vectorBakend is not a setting.*did you mean vectorBackend?",
        ),
        (
            {"zzz": "1"},
            "zzz is not a setting of this project; the settings are alarmEmail, allowOtherRegions, allowedC",
        ),
        ({"opensearchGeneration": "old"}, "opensearchGeneration: 'old' is refused: .*'nextgen' or 'classic'"),
        ({"vectorBackend": "redis"}, "virtual-stylist:vectorBackend: 'redis' is refused: .*'dynamodb'"),
        ({"embedder": "clip"}, "virtual-stylist:embedder: 'clip' is refused: .*'titan' or 'nova'"),
        ({"embeddingDimensions": "512"}, "embeddingDimensions: '512' is refused: .*256, 384 or 1024"),
        ({"snapshotMinutes": "0"}, "snapshotMinutes: '0' is refused: .*greater than or equal to 1"),
        ({"ingestConcurrency": "1"}, "ingestConcurrency: '1' is refused"),
        ({"requestsPerSecond": "many"}, "requestsPerSecond: 'many' is refused: .*valid integer"),
        ({"logRetentionDays": "31"}, "logRetentionDays: '31' is refused: CloudWatch keeps logs for 1, 3"),
        ({"protectData": "perhaps"}, "protectData: 'perhaps' is refused: .*valid boolean"),
        ({"siteUrl": "http://shop.example"}, "siteUrl: .* the site needs https, except on localhost"),
        ({"siteUrl": "https://shop.example/"}, "siteUrl: .* without a slash at the end"),
        ({"siteUrl": "shop.example"}, "siteUrl: .* write https://host"),
        ({"tags": '{"a": {"b": 1}}'}, "virtual-stylist:tags.a: .* is refused"),
        (
            {"tags": "team=shop"},
            "virtual-stylist:tags: 'team=shop' is refused: write JSON, as the description",
        ),
        (
            {"knowledgeBaseStorage": "redis"},
            "knowledgeBaseStorage: 'redis' is refused: .*'s3vectors' or 'opensearch'",
        ),
        ({"chatConcurrency": "501"}, "chatConcurrency: '501' is refused: .*less than or equal to 500"),
        ({"chatEngine": "langchain"}, "chatEngine: 'langchain' is refused: .*'converse' or 'agent'"),
        ({"chatEngine": "agent"}, "chatEngine: Bedrock Agents .* are closed .* hasAgentsClassic"),
        (
            {"chatModel": "stability.sd3-5-large-v1:0"},
            "chatModel: 'stability.sd3-5-large-v1:0' is refused: no chat model .* us.amazon.nova-2-lite",
        ),
        ({"imageModel": "dall-e"}, "imageModel: 'dall-e' is refused: no image model .* stability"),
        ({"weather": "guess"}, "weather: 'guess' is refused"),
        ({"weather": "openweathermap"}, "weather: openweathermap needs a key: .*--secret openWeatherMapKey"),
        ({"dailyImagesPerUser": "0"}, "dailyImagesPerUser: '0' is refused"),
        ({"dailySpendUsd": "many"}, "dailySpendUsd: 'many' is refused"),
        ({"ranker": "magic"}, "ranker: 'magic' is refused: .*'builtin' or 'personalize'"),
        ({"personalizeTps": "0"}, "personalizeTps: '0' is refused"),
        ({"personalizeTrainDays": "1"}, "personalizeTrainDays: '1' is refused"),
        ({"manageApiAccount": "true"}, "manageApiAccount: has no use without apiAccessLog"),
    ],
)
def test_a_wrong_value_is_refused_by_name_with_the_fix(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        parse(**changes)


def test_all_wrong_values_are_told_at_once() -> None:
    with pytest.raises(ValueError) as refused:
        parse(embedder="clip", logRetentionDays="31")
    assert "embedder" in str(refused.value) and "logRetentionDays" in str(refused.value)


def test_the_region_is_checked_unless_told_otherwise() -> None:
    config = {"aws:region": "eu-west-1"}
    with pytest.raises(
        ValueError, match=r"aws:region: eu-west-1 is not one of us-east-1 or us-west-2.*allowOtherRegions"
    ):
        parse_settings(PROJECT, config)
    config = {"aws:region": "us-east-2"}
    with pytest.raises(ValueError, match="us-east-2 is not one of"):
        parse_settings(PROJECT, config)
    allowed = parse_settings(PROJECT, {**config, f"{PROJECT}:allowOtherRegions": "true"})
    assert allowed.region == "us-east-2"
    with pytest.raises(ValueError, match="aws:region is not set"):
        parse_settings(PROJECT, {})


def test_other_peoples_namespaces_are_left_alone() -> None:
    assert parse_settings(PROJECT, {"aws:region": "us-east-1", "aws:profile": "x", "other:key": "y"})


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        parse().region = "elsewhere"  # pyright: ignore[reportAttributeAccessIssue]


def test_capabilities_tell_what_the_runtime_reads() -> None:
    from runtime.catalog.handler import Capabilities

    text = parse(vectorBackend="s3vectors", embedder="nova", photoRetentionDays="12").capabilities()
    capabilities = Capabilities.model_validate_json(text)
    assert capabilities.features == (
        "chat",
        "closet",
        "images",
        "personalization",
        "profile",
        "search",
        "trending",
        "try-on",
    )
    assert capabilities.vector_backend == "s3vectors"
    assert capabilities.embedder == "nova"
    assert capabilities.models == {
        "chat": "us.amazon.nova-2-lite-v1:0",
        "embedding": "amazon.nova-2-multimodal-embeddings-v1:0",
        "image": "stability.stable-image-core-v1:1",
        "text_embedding": "amazon.titan-embed-text-v2:0",
    }
    assert capabilities.keeps == {
        "conversations_days": 3,
        "interactions_days": 365,
        "looks_days": 12,
        "photos_days": 12,
        "pictures_days": 7,
    }


def model(**changes: Any) -> dict[str, Model]:
    base: dict[str, Any] = {
        "id": "m",
        "provider": "p",
        "kind": "embedding",
        "status": "active",
        "regions": ("us-east-1",),
        "eol": None,
        "replacement": "n",
        "profile": False,
        "price_usd": None,
    }
    return {"m": Model(**{**base, **changes})}


TODAY = date(2026, 11, 20)


def test_a_model_in_good_health_is_not_mentioned() -> None:
    assert check_models(["m"], model(), TODAY) == []


def test_a_model_that_is_going_to_end_is_warned_of() -> None:
    (warning,) = check_models(["m"], model(status="legacy", eol=date(2027, 1, 1)), TODAY)
    assert "m is legacy and ends on 2027-01-01" in warning and "use n instead" in warning


@pytest.mark.parametrize("changes", [{"status": "ended"}, {"status": "legacy", "eol": TODAY}, {"eol": TODAY}])
def test_a_model_past_its_end_is_refused_with_its_replacement(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"model m has reached its end of life .* use n instead"):
        check_models(["m"], model(**changes), TODAY)


def test_a_model_nobody_knows_is_refused() -> None:
    with pytest.raises(ValueError, match=r"model x is not in runtime/shared/models\.toml"):
        check_models(["x"], model(), TODAY)


def test_the_program_stops_at_an_ended_model_and_warns_of_a_legacy_one(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    titan = "amazon.titan-embed-image-v1"
    models = load_models()
    legacy = {**models, titan: _with(models[titan], status="legacy", eol=date(2999, 1, 1))}
    monkeypatch.setattr("settings.load_models", lambda: legacy)
    with caplog.at_level(logging.WARNING):
        record_stack("dev")
    assert any(titan in text and "2999-01-01" in text for text in caplog.messages)
    ended = {**models, titan: _with(models[titan], status="ended")}
    monkeypatch.setattr("settings.load_models", lambda: ended)
    with pytest.raises(ValueError, match=f"model {titan} has reached its end of life"):
        record_stack("dev")


def _with(known: Model, **changes: Any) -> Model:
    from dataclasses import replace

    return replace(known, **changes)


def test_the_catalogue_of_models_is_consistent() -> None:
    models = load_models()
    assert len(models) > 15
    for each in models.values():
        assert each.status in ("active", "legacy", "ended"), each.id
        assert each.kind in ("chat", "embedding", "image", "image-edit", "text-embedding", "try-on"), each.id
        assert each.base_id == each.id.removeprefix("us."), each.id
        if each.kind == "image" and each.status != "ended":
            assert each.price_usd and each.price_usd > 0, f"{each.id}: its cost could not be limited"
        assert each.regions, each.id
        assert each.id.startswith("us.") == each.profile, each.id
        if each.status != "active":
            assert each.eol is not None or each.status == "ended", f"{each.id}: legacy without a date"
        if each.replacement is not None:
            assert models[each.replacement].status == "active", (
                f"{each.id} is replaced by something that ends"
            )


def test_the_models_of_the_aws_facts_are_known() -> None:
    models = load_models()
    assert models["amazon.nova-canvas-v1:0"].eol == date(2026, 9, 30)
    assert models["amazon.nova-canvas-v1:0"].ended_by(TODAY)
    assert not models["amazon.nova-canvas-v1:0"].ended_by(date(2026, 9, 29))
    assert models["stability.stable-image-core-v1:1"].regions == ("us-west-2",)
    assert models["us.stability.stable-image-inpaint-v1:0"].profile


def test_a_chat_model_is_called_where_the_stack_is() -> None:
    elsewhere = {"aws:region": "eu-west-1", f"{PROJECT}:allowOtherRegions": "true"}
    with pytest.raises(
        ValueError, match=r"chatModel: us.amazon.nova-2-lite-v1:0 is not offered in eu-west-1"
    ):
        parse_settings(PROJECT, elsewhere)


@pytest.mark.parametrize(
    ("key", "ended", "instead"),
    [
        ("imageModel", "amazon.nova-canvas-v1:0", "stability.stable-image-ultra-v1:1"),
        ("chatModel", "us.anthropic.claude-sonnet-4-20250514-v1:0", "us.anthropic.claude-sonnet-4-6"),
    ],
)
def test_an_ended_model_is_refused_with_its_replacement(key: str, ended: str, instead: str) -> None:
    with pytest.raises(ValueError, match=f"model {ended} has reached its end of life.*use {instead} instead"):
        record_stack("dev", **{key: ended})


def test_a_model_called_elsewhere_is_called_there_and_its_permission_says_so() -> None:
    graph = record_stack("dev", imageModel="stability.stable-image-ultra-v1:1")
    assert (
        "us-west-2::foundation-model/stability.stable-image-ultra-v1:1"
        in (graph.get("images-policy").inputs["policy"])
    )
    setting = json.loads(graph.get("images-function").inputs["environment"]["variables"]["IMAGES"])
    assert (setting["region"], setting["price_usd"]) == ("us-west-2", 0.14)


def test_a_key_that_stands_readable_in_the_stack_file_is_refused() -> None:
    with pytest.raises(ValueError, match=r"openWeatherMapKey is readable in the stack file: .*--secret"):
        record_stack("dev", weather="openweathermap", openWeatherMapKey="0123456789abcdef")


def test_a_key_does_not_show_when_settings_are_printed() -> None:
    settings = parse(weather="openweathermap", openWeatherMapKey="0123456789abcdef")
    assert "0123456789abcdef" not in f"{settings!r} {settings}"


def test_json_of_capabilities_is_stable() -> None:
    text = parse().capabilities()
    assert text == json.dumps(json.loads(text), sort_keys=True)
