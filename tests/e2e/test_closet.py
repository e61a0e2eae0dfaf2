"""What a shopper saves: there on every device, limited however much comes at once, exported and erased."""

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from local.users import access_token, create_user
from runtime.closet.item import LIMITS, Kind
from tests.e2e.fitting import Shopper
from tests.support.cloud import RunningCloud

pytestmark = pytest.mark.cloud


def sign_in(cloud: RunningCloud, email: str, password: str) -> Shopper:
    """As from a device of its own: with a token of its own."""
    token = access_token(cloud.description, email, password)
    return Shopper(cloud, cloud.headers | {"authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def person(cloud: RunningCloud) -> tuple[str, str]:
    """E-mail and password of a shopper who has saved nothing yet."""
    email, password = f"{uuid.uuid4().hex}@stylist.example", "Save-Me-Now-1"
    create_user(cloud.aws("cognito-idp"), cloud.outputs["user_pool_id"], email, password, "shopper")
    return email, password


@pytest.fixture
def shopper(cloud: RunningCloud, person: tuple[str, str]) -> Iterator[Shopper]:
    shopper = sign_in(cloud, *person)
    yield shopper
    shopper.call("DELETE", "/me").raise_for_status()


@pytest.fixture(scope="module")
def product_ids(cloud: RunningCloud) -> list[str]:
    products = cloud.call("GET", f"/products?limit={LIMITS[Kind.BAG] + 10}").json()["products"]
    return [product["product_id"] for product in products]


def keep(shopper: Shopper, place: str, **body: Any) -> dict[str, Any]:
    answer = shopper.call("PUT", f"/me/closet/{place}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(shopper: Shopper, query: str = "") -> list[str]:
    answer = shopper.call("GET", f"/me/closet{query}")
    assert answer.status_code == 200, answer.text
    return [f"{each['kind']}/{each['item_id']}" for each in answer.json()["items"]]


def test_what_one_device_saves_the_other_shows(
    cloud: RunningCloud, person: tuple[str, str], shopper: Shopper, product_ids: list[str]
) -> None:
    dress, hat = product_ids[:2]
    other = sign_in(cloud, *person)
    keep(shopper, f"favorite/{dress}")
    line = keep(shopper, f"bag/{hat}", size="M")
    look = keep(shopper, "look/monday-1", product_ids=[dress, hat], name="Monday")
    assert listed(other) == ["look/monday-1", f"bag/{hat}", f"favorite/{dress}"]
    assert other.call("GET", "/me/closet").json()["items"][:2] == [look, line]
    changed = keep(other, f"bag/{hat}", size="L", quantity=2)
    assert (changed["added_at"], changed["size"]) == (line["added_at"], "L")
    for device in (other, shopper):
        gone = device.call("DELETE", f"/me/closet/favorite/{dress}")
        assert (gone.status_code, gone.json()) == (200, {"deleted": dress})
    assert listed(shopper) == ["look/monday-1", f"bag/{hat}"]


def test_a_limit_holds_when_everything_comes_at_once(shopper: Shopper, product_ids: list[str]) -> None:
    def save(product_id: str) -> int:
        return shopper.call("PUT", f"/me/closet/bag/{product_id}", json={}).status_code

    room = LIMITS[Kind.BAG]
    for product_id in product_ids[: room - 2]:
        assert save(product_id) == 200
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(save, product_ids[room - 2 : room + 4]))
    assert sorted(statuses) == [200, 200, 409, 409, 409, 409]
    page = shopper.call("GET", "/me/closet?limit=40").json()
    rest = listed(shopper, f"?limit=40&cursor={page['cursor']}")
    assert len({each["item_id"] for each in page["items"]} | set(rest)) == room
    assert save(product_ids[0]) == 200, "it is there already"


def test_it_is_exported_and_erased_with_the_rest(shopper: Shopper, product_ids: list[str]) -> None:
    keep(shopper, "look/monday-1", product_ids=product_ids[:2], name="Monday")
    exported = shopper.call("GET", "/me/export").json()["data"]["closet"]
    (look,) = [record for record in exported if record["key"] == "look#monday-1"]
    assert (look["name"], look["product_ids"]) == ("Monday", product_ids[:2])
    assert shopper.call("DELETE", "/me").json()["erased"]["closet"] == len(exported)
    assert listed(shopper) == []


@pytest.mark.parametrize(
    ("place", "body", "status", "field"),
    [
        ("wish/{id}", {}, 400, "kind"),
        ("favorite/dress", {}, 400, "id"),
        ("bag/{id}", {"quantity": 1000}, 400, "quantity"),
        ("look/a", {"product_ids": ["{id}", "a" * 20]}, 422, "product_ids.1"),
    ],
)
def test_what_cannot_be_saved_is_refused_by_name(
    shopper: Shopper, product_ids: list[str], place: str, body: dict[str, Any], status: int, field: str
) -> None:
    known = json.loads(json.dumps(body).replace("{id}", product_ids[0]))
    answer = shopper.call("PUT", f"/me/closet/{place.replace('{id}', product_ids[0])}", json=known)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_a_product_that_is_not_there_cannot_be_saved(shopper: Shopper) -> None:
    assert shopper.call("PUT", f"/me/closet/favorite/{'a' * 20}", json={}).status_code == 404
    assert listed(shopper) == []
