"""Settings and factory of the vector ports: what is accepted, what is opened, and what is imported for it."""

import json
import subprocess
import sys

import pytest

from runtime.shared.settings import SettingsError
from runtime.vectors.factory import open_embedder, open_store
from runtime.vectors.settings import DynamoDBStoreSettings, NovaSettings, VectorSettings

STORES = {
    "dynamodb": {"backend": "dynamodb", "table": "t", "snapshots": "b"},
    "opensearch": {
        "backend": "opensearch",
        "endpoint": "https://id.us-east-1.aoss.amazonaws.com",
        "region": "us-east-1",
    },
    "s3vectors": {"backend": "s3vectors", "bucket": "b", "index": "i"},
}
EMBEDDERS = {
    "titan": {
        "name": "titan",
        "model_id": "amazon.titan-embed-image-v1",
        "dimensions": 384,
        "region": "us-east-1",
    },
    "nova": {"name": "nova", "model_id": "amazon.nova-2-multimodal-embeddings-v1:0", "dimensions": 3072},
}


def environment(store: object, embedder: object) -> dict[str, str]:
    return {"VECTOR_STORE": json.dumps(store), "EMBEDDER": json.dumps(embedder)}


def test_settings_are_read_from_the_environment() -> None:
    settings = VectorSettings.from_environment(environment(STORES["dynamodb"], EMBEDDERS["nova"]))
    assert settings.store == DynamoDBStoreSettings(
        backend="dynamodb", table="t", changes_index="changes", snapshots="b"
    )
    assert isinstance(settings.embedder, NovaSettings)
    assert settings.embedding_key == "amazon.nova-2-multimodal-embeddings-v1:0@3072"


@pytest.mark.parametrize(
    ("store", "embedder", "named"),
    [
        ({"backend": "opensearch"}, EMBEDDERS["titan"], "endpoint"),
        ({"backend": "faiss"}, EMBEDDERS["titan"], "VECTOR_STORE"),
        ({"backend": "dynamodb", "table": "t"}, EMBEDDERS["titan"], "snapshots"),
        (STORES["s3vectors"] | {"extra": 1}, EMBEDDERS["titan"], "extra"),
        (STORES["s3vectors"] | {"index": ""}, EMBEDDERS["titan"], "index"),
        (STORES["dynamodb"], EMBEDDERS["titan"] | {"dimensions": 3072}, "dimensions"),
        (STORES["dynamodb"], EMBEDDERS["titan"] | {"name": "clip"}, "EMBEDDER"),
    ],
)
def test_wrong_settings_are_named(store: object, embedder: object, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        VectorSettings.from_environment(environment(store, embedder))


@pytest.mark.parametrize("missing", ["VECTOR_STORE", "EMBEDDER"])
def test_missing_settings_are_named(missing: str) -> None:
    variables = environment(STORES["dynamodb"], EMBEDDERS["titan"])
    del variables[missing]
    with pytest.raises(SettingsError, match=missing):
        VectorSettings.from_environment(variables)


@pytest.mark.parametrize("backend", list(STORES))
@pytest.mark.parametrize("embedder", list(EMBEDDERS))
def test_the_named_adapters_are_opened_without_a_call(
    backend: str, embedder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    settings = VectorSettings.from_environment(environment(STORES[backend], EMBEDDERS[embedder]))
    asked: list[tuple[str, str | None]] = []

    def clients(service: str, region: str | None = None, /) -> object:
        asked.append((service, region))
        return object()

    assert open_store(settings, clients).backend == backend
    opened = open_embedder(settings, clients)
    assert (opened.key, opened.dimensions) == (settings.embedding_key, settings.embedder.dimensions)
    assert asked[-1] == ("bedrock-runtime", settings.embedder.region)


def imported_by(statements: str) -> set[str]:
    """Modules loaded in a fresh interpreter after the statements."""
    code = f"{statements}\nimport sys; print('\\n'.join(sys.modules))"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(answer.stdout.split())


def test_the_factory_imports_no_adapter() -> None:
    loaded = imported_by("import runtime.vectors.factory")
    assert "runtime.vectors.settings" in loaded
    assert not {"boto3", "botocore", "PIL", "aws_lambda_powertools"} & loaded
    assert not [
        name for name in loaded if name.startswith(("runtime.vectors.stores.", "runtime.vectors.engine"))
    ]


@pytest.mark.parametrize(
    ("store", "embedder", "unused"),
    [
        (
            "dynamodb",
            "titan",
            {"runtime.vectors.stores.s3vectors", "runtime.vectors.embedders.nova", "PIL", "boto3"},
        ),
        (
            "s3vectors",
            "nova",
            {
                "runtime.vectors.stores.dynamodb",
                "runtime.vectors.engine",
                "runtime.vectors.embedders.titan",
                "PIL",
            },
        ),
    ],
)
def test_adapters_that_are_not_used_are_not_imported(store: str, embedder: str, unused: set[str]) -> None:
    variables = environment(STORES[store], EMBEDDERS[embedder])
    loaded = imported_by(
        "from runtime.vectors.factory import open_embedder, open_store\n"
        "from runtime.vectors.settings import VectorSettings\n"
        f"settings = VectorSettings.from_environment({variables!r})\n"
        "clients = lambda service, region=None: None\n"
        "open_store(settings, clients), open_embedder(settings, clients)"
    )
    assert f"runtime.vectors.stores.{store}" in loaded
    assert not unused & loaded


@pytest.mark.parametrize("backend", list(STORES))
def test_settings_can_be_kept_by(backend: str) -> None:
    first = VectorSettings.from_environment(environment(STORES[backend], EMBEDDERS["titan"]))
    again = VectorSettings.from_environment(environment(STORES[backend], EMBEDDERS["titan"]))
    other = VectorSettings.from_environment(environment(STORES[backend], EMBEDDERS["nova"]))
    assert {first, again, other} == {first, other}
