"""Settings of the chat function."""

from typing import Annotated, Literal

from pydantic import Field

from runtime.shared.settings import SettingsModel


class _ChatSettings(SettingsModel):
    region: str = Field(min_length=3)
    max_rounds: int = Field(default=6, ge=1, le=20)
    max_tokens: int = Field(default=1_200, ge=100)
    deadline_s: float = Field(default=25, gt=0)
    max_turns: int = Field(default=0, ge=0)
    """Turns that may run at once in all instances; 0: as many as Lambda runs."""


class ConverseSettings(_ChatSettings):
    """Any chat model of Bedrock, with a guardrail or without."""

    engine: Literal["converse"] = "converse"
    model_id: str = Field(min_length=3)
    guardrail_id: str | None = None
    guardrail_version: str | None = None
    agent_id: str | None = None
    agent_alias_id: str | None = None


class AgentSettings(_ChatSettings):
    """A Bedrock agent (classic), which knows its model and its guardrail itself."""

    engine: Literal["agent"]
    agent_id: str = Field(min_length=1)
    agent_alias_id: str = Field(min_length=1)
    model_id: str | None = None
    guardrail_id: str | None = None
    guardrail_version: str | None = None


ChatSettings = Annotated[ConverseSettings | AgentSettings, Field(discriminator="engine")]
"""Variable CHAT: the engine, its model, and the bounds of a turn (tokens that the model writes in it)."""


class SessionSettings(SettingsModel):
    """Variable SESSIONS."""

    table: str = Field(min_length=3)
    ttl_hours: int = Field(default=72, ge=1)


class ProfileSettings(SettingsModel):
    """Variable PROFILES."""

    table: str = Field(min_length=3)


class FunctionSettings(SettingsModel):
    """Variables SEARCH and WEATHER: the function to call."""

    function: str = Field(min_length=1)


class KnowledgeSettings(SettingsModel):
    """Variable KNOWLEDGE."""

    knowledge_base_id: str = Field(min_length=1)
    data_source_id: str | None = None
    region: str = Field(min_length=3)


class ConnectionSettings(SettingsModel):
    """Variable CONNECTIONS: the table of open connections, and where to post to them."""

    table: str = Field(min_length=3)
    endpoint: str = Field(min_length=8)
