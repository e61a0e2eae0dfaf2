"""The configuration of a stack: every key once, checked before anything is built."""

import difflib
import json
from collections.abc import Mapping
from datetime import date
from typing import Any, NotRequired, Self, TypedDict
from urllib.parse import urlsplit

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env, is_config_secret
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

from components import (
    ChatEngine,
    EmbedderName,
    ImageBuilder,
    KnowledgeStorage,
    OpenSearchGeneration,
    TryOnProvider,
    VectorBackend,
    WeatherSource,
)
from components._lib.firewall import check_cidrs
from components._lib.models import check_models, load_models
from components._lib.operation import OperationInputs
from components._lib.ranker import RankerName
from components._lib.trainer import ClusterTrainer
from components._lib.tryon.compose import CUTOUT_MODEL, INPAINT_MODEL
from components.chat_agent import DEFAULT_CHAT_MODEL, DEFAULT_SESSION_HOURS
from components.image_generation import DEFAULT_IMAGE_MODEL, DEFAULT_KEEP_DAYS
from components.knowledge_base import TEXT_EMBEDDING_MODEL
from components.lake import DEFAULT_INTERACTION_DAYS
from components.vector_search import EMBEDDING_MODELS

# Where the default embedding models are offered together with everything else the stylist uses.
_REGIONS = ("us-east-1", "us-west-2")
_DIMENSIONS = (256, 384, 1024)
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
_RETENTIONS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
_LOCAL_HOSTS = ("localhost", "127.0.0.1")


class TryOnProviderInputs(TypedDict):
    """Some of `TryOnArgs`."""

    provider: TryOnProvider
    endpoint: NotRequired[str]
    price_usd: NotRequired[str]


class VectorSpaceInputs(TypedDict):
    """The inputs of `VectorSearch` and `VectorAccess` that say where vectors are and where they move."""

    backend: VectorBackend
    embedder: EmbedderName
    dimensions: int
    migrate_to_backend: NotRequired[VectorBackend]
    migrate_to_embedder: NotRequired[EmbedderName]
    migrate_to_dimensions: NotRequired[int]


class Settings(BaseModel):
    """One stack's configuration: the keys of `Pulumi.yaml` in snake case, with the same defaults."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)

    region: str
    site_url: str = "http://localhost:8501"
    vector_backend: VectorBackend = VectorBackend.DYNAMODB
    embedder: EmbedderName = EmbedderName.TITAN
    embedding_dimensions: int = 1024
    migrate_to_backend: str = ""
    migrate_to_embedder: str = ""
    migrate_to_dimensions: int = 0
    snapshot_minutes: int = Field(default=15, ge=1, le=1440)
    chat_engine: ChatEngine = ChatEngine.CONVERSE
    has_agents_classic: bool = False
    chat_concurrency: int = Field(default=0, ge=0, le=500)
    chat_model: str = DEFAULT_CHAT_MODEL
    image_model: str = DEFAULT_IMAGE_MODEL
    knowledge_base_storage: KnowledgeStorage = KnowledgeStorage.S3VECTORS
    opensearch_generation: OpenSearchGeneration = OpenSearchGeneration.NEXTGEN
    ranker: RankerName = RankerName.BUILTIN
    personalize_weight: str = "0.3"
    personalize_tps: int = Field(default=1, ge=1, le=500)
    personalize_train_days: int = Field(default=7, ge=2, le=90)
    clusters: int = Field(default=100, ge=1, le=1000)
    cluster_trainer: ClusterTrainer = ClusterTrainer.BUILTIN
    weather: WeatherSource = WeatherSource.OPEN_METEO
    weather_url: str = Field(default="", pattern=r"^(https?://[^?#]+[^/?#])?$")
    open_weather_map_key: SecretStr = SecretStr("")
    daily_images_per_user: int = Field(default=20, ge=1, le=1000)
    daily_spend_usd: int = Field(default=10, ge=1, le=10_000)
    try_on_provider: TryOnProvider = TryOnProvider.COMPOSE
    try_on_endpoint: str = ""
    try_on_price_usd: str = Field(default="", pattern=r"^(\d{1,3}(\.\d{1,6})?)?$")
    try_on_concurrency: int = Field(default=10, ge=2, le=1000)
    daily_try_ons_per_user: int = Field(default=20, ge=1, le=1000)
    photo_retention_days: int = Field(default=30, ge=1, le=365)
    ingest_concurrency: int = Field(default=10, ge=2, le=1000)
    requests_per_second: int = Field(default=50, ge=1, le=10_000)
    notice: str = Field(default="", max_length=300)
    host_site: bool = False
    domain_name: str = Field(default="", pattern=r"^([a-z0-9-]+\.)+[a-z]{2,}$|^$")
    certificate_arn: str = Field(default="", pattern=r"^(arn:aws:acm:us-east-1:\d{12}:certificate/[\w-]+)?$")
    allowed_cidrs: list[str] = Field(default_factory=list[str])
    image_builder: ImageBuilder = ImageBuilder.CODEBUILD
    site_min_tasks: int = Field(default=1, ge=1, le=100)
    site_max_tasks: int = Field(default=4, ge=1, le=100)
    nat_gateways: int = Field(default=1, ge=1, le=2)
    api_firewall: bool = True
    api_access_log: bool = False
    manage_api_account: bool = False
    log_retention_days: int = 30
    protect_data: bool = True
    permissions_boundary: str = Field(
        default="", pattern=r"^(arn:aws:iam::(aws|\d{12}):policy/[\w+=,.@/-]+)?$"
    )
    alarm_email: str = Field(default="", pattern=r"^([^@\s]+@[^@\s]+\.[^@\s]+)?$")
    budget_usd: int = Field(default=100, ge=1, le=1_000_000)
    dashboard: bool = True
    canary_minutes: int = Field(default=0, ge=0, le=60)
    allow_other_regions: bool = False
    tags: dict[str, str] = Field(default_factory=dict[str, str])

    @field_validator("tags", "allowed_cidrs", mode="before")
    @classmethod
    def _read_json(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError as error:
            raise ValueError("write JSON, as the description in Pulumi.yaml says") from error

    @field_validator("migrate_to_backend")
    @classmethod
    def _check_next_backend(cls, value: str) -> str:
        return value and VectorBackend(value).value

    @field_validator("migrate_to_embedder")
    @classmethod
    def _check_next_embedder(cls, value: str) -> str:
        return value and EmbedderName(value).value

    @field_validator("migrate_to_dimensions")
    @classmethod
    def _check_next_dimensions(cls, value: int) -> int:
        return value and cls._check_dimensions(value)

    @field_validator("site_url")
    @classmethod
    def _check_site_url(cls, value: str) -> str:
        parts = urlsplit(value)
        local = parts.scheme == "http" and parts.hostname in _LOCAL_HOSTS
        if not (local or (parts.scheme == "https" and parts.hostname)):
            raise ValueError("the site needs https, except on localhost; write https://host")
        if parts.path or parts.query or parts.fragment:
            raise ValueError("write the scheme and the host only, without a slash at the end")
        return value

    @field_validator("personalize_weight")
    @classmethod
    def _check_weight(cls, value: str) -> str:
        try:
            weight = float(value)
        except ValueError:
            weight = -1.0
        if not 0 <= weight <= 1:
            raise ValueError('write a number from 0 to 1 as a text, such as "0.3"')
        return value

    @field_validator("chat_model", "image_model")
    @classmethod
    def _check_model(cls, value: str, info: ValidationInfo) -> str:
        models = load_models()
        kind = str(info.field_name).removesuffix("_model")
        if value not in models or models[value].kind != kind:
            known = (each.id for each in models.values() if each.kind == kind and each.status == "active")
            raise ValueError(f"no {kind} model of the catalogue; use one of {', '.join(sorted(known))}")
        return value

    @field_validator("embedding_dimensions")
    @classmethod
    def _check_dimensions(cls, value: int) -> int:
        if value not in _DIMENSIONS:
            raise ValueError(f"the models make vectors of {_join(_DIMENSIONS)} numbers")
        return value

    @field_validator("log_retention_days")
    @classmethod
    def _check_retention(cls, value: int) -> int:
        if value not in _RETENTIONS:
            raise ValueError(f"CloudWatch keeps logs for {_join(_RETENTIONS)} days")
        return value

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if self.region not in _REGIONS and not self.allow_other_regions:
            raise ValueError(
                f"aws:region: {self.region} is not one of {_join(_REGIONS)}, where all models are offered; "
                "set allowOtherRegions to true if yours are offered there"
            )
        chat_model = load_models()[self.chat_model]
        if self.region not in chat_model.regions:
            raise ValueError(
                f"chatModel: {self.chat_model} is not offered in {self.region}, only in "
                + ", ".join(chat_model.regions)
            )
        if self.chat_engine is ChatEngine.AGENT and not self.has_agents_classic:
            raise ValueError(
                "chatEngine: Bedrock Agents (classic) are closed to accounts that did not use them before "
                "2026-07-30; use converse, or set hasAgentsClassic to true if this account did"
            )
        keyed = self.weather is WeatherSource.OPENWEATHERMAP
        if keyed and not self.open_weather_map_key.get_secret_value():
            raise ValueError(
                "weather: openweathermap needs a key: "
                "write `pulumi config set --secret openWeatherMapKey`, or use open-meteo"
            )
        if self.try_on_provider is TryOnProvider.SAGEMAKER and not (
            self.try_on_endpoint and self.try_on_price_usd
        ):
            raise ValueError(
                "tryOnProvider: sagemaker needs tryOnEndpoint, the endpoint's name, and tryOnPriceUsd, "
                "what one garment costs there"
            )
        self._check_hosting()
        stays = self.migrate_to_backend in ("", self.vector_backend.value) and not self.reembeds
        if self.is_migrating and stays:
            raise ValueError(
                "migrateToBackend: the vectors are there already; name another backend, model or length, "
                "or remove the settings migrateTo..."
            )
        if self.manage_api_account and not self.api_access_log:
            raise ValueError("manageApiAccount: has no use without apiAccessLog; set both or neither")
        return self

    def _check_hosting(self) -> None:
        if bool(self.domain_name) != bool(self.certificate_arn):
            raise ValueError(
                "domainName: goes with certificateArn, a certificate for it of us-east-1; set both or neither"
            )
        if self.site_min_tasks > self.site_max_tasks:
            raise ValueError(
                f"siteMinTasks: {self.site_min_tasks} is more than siteMaxTasks, {self.site_max_tasks}"
            )
        check_cidrs(self.allowed_cidrs, "allowedCidrs")
        hosted = [key for key in ("domain_name", "allowed_cidrs") if getattr(self, key)]
        if hosted and not self.host_site:
            raise ValueError(f"{_key(hosted[0])}: has no use without hostSite; set both or neither")

    @property
    def is_migrating(self) -> bool:
        """Whether vectors move to another backend, model or length."""
        return bool(self.migrate_to_backend or self.migrate_to_embedder or self.migrate_to_dimensions)

    @property
    def reembeds(self) -> bool:
        """Whether the vectors are made anew while they move."""
        return (self.embedder, self.embedding_dimensions) != self._next_model

    @property
    def _next_model(self) -> tuple[EmbedderName, int]:
        return (
            EmbedderName(self.migrate_to_embedder or self.embedder),
            self.migrate_to_dimensions or self.embedding_dimensions,
        )

    def vector_spaces(self) -> VectorSpaceInputs:
        """Where vectors are, and where they move if they do."""
        here: VectorSpaceInputs = {
            "backend": self.vector_backend,
            "embedder": self.embedder,
            "dimensions": self.embedding_dimensions,
        }
        if not self.is_migrating:
            return here
        embedder, dimensions = self._next_model
        return {
            **here,
            "migrate_to_backend": VectorBackend(self.migrate_to_backend or self.vector_backend),
            "migrate_to_embedder": embedder,
            "migrate_to_dimensions": dimensions,
        }

    @property
    def canary_searches(self) -> bool:
        """Whether visits may search: that would keep a collection awake, and paid for, that can sleep."""
        sleeps = self.opensearch_generation is OpenSearchGeneration.NEXTGEN
        return not (self.vector_backend is VectorBackend.OPENSEARCH and sleeps)

    @property
    def embedding_model(self) -> str:
        """Id of the embedding model in `runtime/shared/models.toml`."""
        return EMBEDDING_MODELS[self.embedder]

    @property
    def models(self) -> dict[str, str]:
        """Id of each model that is called, by what it is for."""
        models = {
            "chat": self.chat_model,
            "embedding": self.embedding_model,
            "image": self.image_model,
            "text_embedding": TEXT_EMBEDDING_MODEL,
        }
        if self.migrate_to_embedder:
            models["next_embedding"] = EMBEDDING_MODELS[EmbedderName(self.migrate_to_embedder)]
        return models

    def called_models(self) -> list[dict[str, Any]]:
        """Each model with its `use` and the `regions` in which the account must have access to it."""
        models = {**self.models}
        if self.try_on_provider is TryOnProvider.COMPOSE:
            models |= {"try_on_cutout": CUTOUT_MODEL, "try_on_inpaint": INPAINT_MODEL}
        return [self._describe_call(use, model_id) for use, model_id in sorted(models.items())]

    def _describe_call(self, use: str, model_id: str) -> dict[str, Any]:
        model = load_models()[model_id]
        # A profile passes calls on to any of its regions.
        regions = model.regions if model.profile else (model.nearest_region(self.region),)
        return {
            "use": use,
            "id": model.id,
            "base_id": model.base_id,
            "regions": list(regions),
            "price_usd": model.price_usd,
        }

    def weather_key(self) -> pulumi.Output[str]:
        """Key of the weather service, empty when it needs none; a Pulumi secret."""
        return pulumi.Output.secret(self.open_weather_map_key.get_secret_value())

    def try_on_provider_inputs(self) -> TryOnProviderInputs:
        """The inputs of `TryOn` that say who makes the pictures; what is not set is left to its defaults."""
        inputs: TryOnProviderInputs = {"provider": self.try_on_provider}
        if self.try_on_endpoint:
            inputs["endpoint"] = self.try_on_endpoint
        if self.try_on_price_usd:
            inputs["price_usd"] = self.try_on_price_usd
        return inputs

    def operation_inputs(self, topic_arn: pulumi.Input[str]) -> OperationInputs:
        """With the topic where there is somebody to be told; whether there are alarms cannot be an Output."""
        inputs = OperationInputs(log_retention_days=self.log_retention_days, tags=dict(self.tags))
        if self.alarm_email:
            inputs["alarm_topic_arn"] = topic_arn
        return inputs

    def capabilities(self) -> str:
        """What `GET /capabilities` answers, a JSON text."""
        return json.dumps(
            {
                "features": [
                    "chat",
                    "closet",
                    "desk",
                    "images",
                    "personalization",
                    "profile",
                    "search",
                    "trending",
                    "try-on",
                ],
                "vector_backend": self.vector_backend.value,
                "embedder": self.embedder.value,
                "models": self.models,
                "notice": self.notice or None,
                "keeps": {
                    "conversations_days": DEFAULT_SESSION_HOURS // 24,
                    "interactions_days": DEFAULT_INTERACTION_DAYS,
                    "looks_days": self.photo_retention_days,
                    "photos_days": self.photo_retention_days,
                    "pictures_days": DEFAULT_KEEP_DAYS,
                },
            },
            sort_keys=True,
        )


def load_settings() -> Settings:
    """The current stack's settings. Raises ValueError that names the key, the value and the fix.

    Warns of models that are going to end, and refuses one that has ended.
    """
    project = pulumi.get_project()
    config = {**get_config_env(), **CONFIG.get()}
    settings = parse_settings(project, config)
    _check_secrecy(project, config)
    for warning in check_models([*settings.models.values()], load_models(), date.today()):
        pulumi.log.warn(warning)
    if settings.protect_data and not settings.alarm_email:
        pulumi.log.warn(
            "alarmEmail: is not set, so nobody is told when something fails; set it to an address"
        )
    return settings


def _check_secrecy(project: str, config: Mapping[str, Any]) -> None:
    """Raise ValueError for a key of somebody else's service that stands readable in the stack file."""
    key = f"{project}:openWeatherMapKey"
    if config.get(key) and not is_config_secret(key):
        raise ValueError(f"{key} is readable in the stack file: write `pulumi config set --secret {key}`")


def parse_settings(project: str, config: Mapping[str, Any]) -> Settings:
    """Settings from the stack's whole configuration, keys being `namespace:key`."""
    prefix = f"{project}:"
    given = {key.removeprefix(prefix): value for key, value in config.items() if key.startswith(prefix)}
    if "aws:region" not in config:
        raise ValueError("aws:region is not set: write `pulumi config set aws:region us-east-1`")
    known = [_key(field) for field in Settings.model_fields if field != "region"]
    for key in given:
        if key not in known:
            raise ValueError(f"{prefix}{key} is not a setting of this project{_hint(key, known)}")
    try:
        return Settings.model_validate({"region": config["aws:region"], **given})
    except ValidationError as error:
        raise ValueError("\n".join(_explain(prefix, problem) for problem in error.errors())) from error


def _key(field: str) -> str:
    return Settings.model_fields[field].alias or field


def _hint(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else f"; the settings are {', '.join(sorted(known))}"


def _explain(prefix: str, problem: Any) -> str:
    text = problem["msg"].removeprefix("Value error, ")
    if not problem["loc"]:
        return text
    return f"{prefix}{'.'.join(map(str, problem['loc']))}: {problem['input']!r} is refused: {text}"


def _join(values: tuple[object, ...]) -> str:
    return f"{', '.join(map(str, values[:-1]))} or {values[-1]}"
