"""Product ids, rows, cursors, settings and signed addresses."""

import json
import re
from decimal import Decimal
from typing import Literal
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError

from runtime.shared.aws import Clients, is_transient
from runtime.shared.pictures import LIFETIME, REUSE, PictureLinks
from runtime.shared.problems import Problem
from runtime.shared.products import (
    CatalogSettings,
    Product,
    describe_product,
    is_product_id,
    normalise_color,
    normalise_size,
    product_from_row,
    product_id_for_key,
    read_cursor,
    row_from_product,
    write_cursor,
)
from runtime.shared.settings import SettingsError, SettingsModel, read_setting
from tests.unit.shop import ENVIRONMENT, make_product

FULL = make_product(
    "full",
    description="A dress",
    price=Decimal("59.90"),
    currency="EUR",
    color="red",
    sizes=("S", "M"),
    stock=4,
    purchase_url="https://shop.example/1",
    embedding_key="m@16",
    stated=("price",),
    version=3,
)


def test_product_ids_are_stable_and_depend_on_the_key() -> None:
    keys = ["products/dress/a.jpg", "products/dress/A.jpg", "products/dress/a b+c%20é.jpg", "products/a.jpg"]
    ids = {product_id_for_key(key) for key in keys}
    assert len(ids) == len(keys)
    assert all(is_product_id(each) for each in ids)
    # base32(sha256("products/dress/a.jpg")), computed with coreutils: sha256sum | xxd -r -p | base32
    assert product_id_for_key("products/dress/a.jpg") == "zzs2npjf3wrrnrsyz5qh"


@pytest.mark.parametrize(
    "text", ["", "a" * 19, "a" * 21, "A" * 20, "1" * 20, "a" * 20 + "\n", "a" * 19 + "é"]
)
def test_other_texts_are_no_product_ids(text: str) -> None:
    assert not is_product_id(text)


def test_rows_round_trip() -> None:
    assert product_from_row(row_from_product(FULL)) == FULL
    bare = Product(product_id="a" * 20)
    assert product_from_row(row_from_product(bare)) == bare
    assert set(row_from_product(bare)) == {"product_id", "auto_imported", "version"}


def test_unknown_attributes_of_a_row_are_ignored() -> None:
    assert product_from_row({**row_from_product(FULL), "added_later": 1, "brand": None}) == FULL


def test_descriptions_have_plain_numbers_and_no_storage_details() -> None:
    told = describe_product(FULL, "https://picture")
    assert json.loads(json.dumps(told)) == told
    assert (told["price"], told["sizes"], told["stock"]) == (59.9, ["S", "M"], 4)
    assert told["image_url"] == "https://picture"
    assert not {"content_hash", "embedding_key", "version", "product_picture_s3_url"} & set(told)
    assert "s3://" not in json.dumps(told)


def test_words_are_compared_in_one_form() -> None:
    assert normalise_color("  Light   GRAY ") == "light gray"
    assert normalise_color("Gray") == "grey"
    assert normalise_color("Multicolor") == "multicolour"
    assert normalise_size(" xl ") == "XL"


def test_cursors_lead_on_in_their_own_list_only() -> None:
    product_id = product_id_for_key("k")
    assert read_cursor(write_cursor(product_id, "dress"), "dress") == product_id
    assert read_cursor(write_cursor(product_id, None), None) == product_id
    for other in ("shoes", None, "", "="):
        with pytest.raises(Problem):
            read_cursor(write_cursor(product_id, "dress"), other)


@pytest.mark.parametrize("position", range(30))
def test_damaged_cursors_are_refused(position: int) -> None:
    cursor = write_cursor(product_id_for_key("k"), "dress")
    changed = "a" if cursor[position] != "a" else "b"
    with pytest.raises(Problem) as refused:
        read_cursor(cursor[:position] + changed + cursor[position + 1 :], "dress")
    assert refused.value.status == 400
    assert refused.value.errors[0].field == "cursor"


@pytest.mark.parametrize("cursor", ["", "x", "é" * 30, "\ud800" * 30, "a" * 1000])
def test_other_texts_are_no_cursors(cursor: str) -> None:
    with pytest.raises(Problem):
        read_cursor(cursor, None)


class Shape(SettingsModel):
    kind: Literal["circle"]
    radius: int


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, "SHAPE is not set"),
        ({"SHAPE": ""}, "SHAPE is not set"),
        ({"SHAPE": "{"}, "SHAPE is wrong"),
        ({"SHAPE": '{"kind":"circle"}'}, "SHAPE is wrong: radius: Field required"),
        ({"SHAPE": '{"kind":"square","radius":1}'}, "SHAPE is wrong: kind"),
        ({"SHAPE": '{"kind":"circle","radius":1,"colour":2}'}, "SHAPE is wrong: colour"),
    ],
)
def test_wrong_settings_name_the_variable_and_the_field(environ: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(named)):
        read_setting("SHAPE", Shape, environ)


def test_settings_are_frozen() -> None:
    settings: CatalogSettings = read_setting("CATALOG", CatalogSettings, ENVIRONMENT)
    assert (settings.bucket, settings.prefix) == ("catalog", "products/")
    with pytest.raises(ValueError, match="frozen"):
        settings.bucket = "other"  # pyright: ignore[reportAttributeAccessIssue]


def make_clients() -> Clients:
    return Clients(
        boto3.Session(region_name="us-east-1", aws_access_key_id="id", aws_secret_access_key="secret")
    )


def test_clients_are_made_once_per_service_and_region() -> None:
    clients = make_clients()
    assert clients.get("sqs") is clients.get("sqs")
    assert clients.get("sqs", "us-west-2") is not clients.get("sqs")
    assert clients.get("sqs", "us-west-2").meta.region_name == "us-west-2"
    assert clients.get("sqs").meta.config.retries["mode"] == "standard"


def _client_error(code: str, status: int) -> ClientError:
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, "GetItem")


@pytest.mark.parametrize(
    ("error", "transient"),
    [
        (_client_error("ProvisionedThroughputExceededException", 400), True),
        (_client_error("InternalServerError", 500), True),
        (_client_error("Whatever", 429), True),
        (_client_error("AccessDeniedException", 400), False),
        (_client_error("ResourceNotFoundException", 400), False),
        (ConnectTimeoutError(endpoint_url="x"), True),
        (NoCredentialsError(), False),
    ],
)
def test_transient_errors_are_told_apart(error: ClientError | ConnectTimeoutError, transient: bool) -> None:
    assert is_transient(error) is transient


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_picture_addresses_are_regional_version_4_and_inline() -> None:
    product = make_product("p", key="products/dress/a b+c%20é.jpg")
    url = urlsplit(PictureLinks(make_clients().get("s3")).link(product))
    query = parse_qs(url.query)
    assert url.hostname == "catalog.s3.us-east-1.amazonaws.com"
    assert url.path == "/products/dress/a%20b%2Bc%2520%C3%A9.jpg"
    assert query["X-Amz-Algorithm"] == ["AWS4-HMAC-SHA256"]
    assert query["X-Amz-Expires"] == [str(LIFETIME)]
    assert query["response-content-disposition"] == ["inline"]
    assert query["response-content-type"] == ["image/jpeg"]


def test_picture_addresses_are_signed_anew_before_they_grow_old() -> None:
    class Signer:
        signed = 0

        def generate_presigned_url(self, *_: object, **__: object) -> str:
            self.signed += 1
            return f"https://url/{self.signed}"

    signer, clock = Signer(), Clock()
    links = PictureLinks(signer, clock)
    product, other = make_product("a"), make_product("b")
    assert links.link(product) == links.link(product) == "https://url/1"
    assert links.link(other) == "https://url/2"
    clock.now = REUSE - 1
    assert links.link(product) == "https://url/1"
    clock.now = REUSE
    assert links.link(product) == "https://url/3"
    assert LIFETIME - REUSE >= 600


def test_a_product_without_picture_has_no_address() -> None:
    assert PictureLinks(make_clients().get("s3")).link(Product(product_id="a" * 20)) == ""
