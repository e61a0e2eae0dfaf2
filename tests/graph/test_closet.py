"""What keeps what shoppers save: who may read and write it, and that it is shown and erased with the rest."""

import json

from tests.graph.recorder import Graph
from tests.graph.test_catalog import allowed
from tests.graph.test_personalization import duties

ITEMS = "arn:aws:dynamodb:us-east-1:123456789012:table/closet-items-1a2b3c4"


def test_it_keeps_rows_and_looks_products_up(dev: Graph) -> None:
    assert duties(dev, "closet-policy") == {
        ("dynamodb:DeleteItem", ITEMS),
        ("dynamodb:GetItem", ITEMS),
        ("dynamodb:Query", ITEMS),
        ("dynamodb:UpdateItem", ITEMS),
        ("dynamodb:BatchGetItem", dev.get("catalog-products").state["arn"]),
    }
    variables = dev.get("closet-function").inputs["environment"]["variables"]
    assert json.loads(variables["CLOSET"]) == {"table": "closet-items-1a2b3c4"}
    assert "CATALOG" in variables


def test_what_is_saved_stays_until_it_is_taken_out(dev: Graph) -> None:
    table = dev.get("closet-items").inputs
    assert (table["hashKey"], table["rangeKey"]) == ("user_id", "key")
    assert "ttl" not in table and "globalSecondaryIndexes" not in table


def test_it_is_shown_and_erased_with_the_rest(dev: Graph) -> None:
    kept = json.loads(dev.get("profile-function").inputs["environment"]["variables"]["KEPT"])
    (place,) = [each for each in kept if each["name"] == "closet"]
    assert (place["table"], place["keys"]) == ("closet-items-1a2b3c4", ["key"])
    assert {("dynamodb:Query", ITEMS), ("dynamodb:BatchWriteItem", ITEMS)} <= allowed(dev, "profile-policy")


def test_its_data_is_protected_in_production(prod: Graph) -> None:
    assert prod.get("closet-items").inputs["deletionProtectionEnabled"] is True
