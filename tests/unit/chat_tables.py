"""Fixtures: the chat's tables, which moto plays, and a conversation over them."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.unit.chat_doubles import (
    USER,
    Conversation,
    OneAtATime,
    create_tables,
    start_conversation,
)
from tests.unit.shop import ENVIRONMENT

__all__ = ["tables", "talk"]


@pytest.fixture(scope="module")
def tables() -> Iterator[Any]:
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        for name, value in ENVIRONMENT.items():
            patch.setenv(name, value)
        client = boto3.client("dynamodb")
        create_tables(client)
        yield OneAtATime(client)


@pytest.fixture
def talk(tables: Any) -> Iterator[Conversation]:
    yield start_conversation(tables)
    for name, keys in (("sessions", ("user_id", "session_id")), ("profiles", ("user_id",))):
        for item in tables.scan(TableName=name)["Items"]:
            tables.delete_item(TableName=name, Key={key: item[key] for key in keys})


def named(item: dict[str, Any]) -> str:
    return f"{item['name']} [[{item['product_id']}]]"


def row_of(talk: Conversation, tables: Any) -> dict[str, Any]:
    key = {"user_id": {"S": USER}, "session_id": {"S": str(talk.session_id)}}
    return tables.get_item(TableName="sessions", Key=key)["Item"]
