"""The estimate: every resource is thought about, figures add up, and the promises about cost hold."""

from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from operations.cost import __main__ as command
from operations.cost.backends import BACKENDS, Load, cheapest, crossover
from operations.cost.estimate import Line, estimate
from operations.cost.idle import BY_USE, FREE, PRICED, monthly_idle
from operations.cost.prices import REGIONS, Prices, load_prices
from operations.cost.traffic import IDLE, LARGE_SHOP, SMALL_SHOP, Traffic
from operations.cost.usage import USAGE
from operations.evaluation.graph import STACKS, Graph, Resource, known_stack

VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    **{stack: (stack, {}) for stack in STACKS},
    "S3 Vectors": ("dev", {"vectorBackend": "s3vectors"}),
    "classic OpenSearch": ("prod", {"opensearchGeneration": "classic"}),
    "Personalize": ("dev", {"ranker": "personalize", "personalizeTps": 2}),
    "SageMaker": ("dev", {"clusterTrainer": "sagemaker"}),
    "an agent": ("dev", {"chatEngine": "agent", "hasAgentsClassic": True}),
    "few addresses": ("prod", {"allowedCidrs": '["203.0.113.0/24"]', "imageBuilder": "docker"}),
}


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {name: known_stack(stack, **changes) for name, (stack, changes) in VARIANTS.items()}


@pytest.fixture(scope="module")
def prices() -> Prices:
    return load_prices("us-east-1")


def total(lines: list[Line]) -> float:
    return sum(line.total for line in lines)


def line(lines: list[Line], component: str) -> Line:
    (found,) = (each for each in lines if each.component == component)
    return found


@pytest.mark.parametrize("name", VARIANTS)
def test_every_resource_type_is_priced_or_free_for_a_reason(graphs: dict[str, Graph], name: str) -> None:
    known = set(PRICED) | set(FREE) | set(BY_USE)
    assert {resource.type for resource in graphs[name].resources if resource.custom} <= known


def test_a_type_is_in_one_list_only_and_every_reason_says_something() -> None:
    assert not set(PRICED) & set(FREE) and not set(PRICED) & set(BY_USE) and not set(FREE) & set(BY_USE)
    assert all(len(reason) > 8 for reason in (*FREE.values(), *BY_USE.values()))


def test_a_type_that_nobody_thought_about_stops_the_estimate(
    graphs: dict[str, Graph], prices: Prices
) -> None:
    unknown = Resource("aws:rds/cluster:Cluster", "db", "search", True, {}, {}, False, False, (), "")
    graph = Graph("virtual-stylist", "dev", [*graphs["dev"].resources, unknown])
    with pytest.raises(ValueError, match="aws:rds/cluster:Cluster: is neither priced nor listed as free"):
        estimate(graph, prices, IDLE)


def test_an_idle_dev_stack_costs_five_dollars_at_most(graphs: dict[str, Graph], prices: Prices) -> None:
    cost = total(estimate(graphs["dev"], prices, IDLE))
    # The secret, and Lambda asking seven queues, are certain; nothing else may come on top.
    assert 0.40 + 1.80 < cost <= 5


@pytest.mark.parametrize("stack", STACKS)
def test_the_estimate_names_every_component_and_nothing_else(
    graphs: dict[str, Graph], prices: Prices, stack: str
) -> None:
    graph = graphs[stack]
    tops = {r.name for r in graph.resources if r.parent == f"virtual-stylist-{stack}"}
    assert {each.component for each in estimate(graph, prices, IDLE)} == tops
    assert set(USAGE) <= tops


def test_idle_costs_are_those_of_the_resources(graphs: dict[str, Graph], prices: Prices) -> None:
    lines = estimate(graphs["prod"], prices, IDLE)
    expected = sum(monthly_idle(graphs["prod"], r, prices) for r in graphs["prod"].resources if r.custom)
    assert total(lines) == pytest.approx(expected)
    staging = estimate(graphs["staging"], prices, IDLE)
    gateway = prices.monthly("nat_hour") + prices.monthly("public_address_hour")
    assert line(lines, "edge").idle - line(staging, "edge").idle == pytest.approx(gateway)


def test_tasks_are_paid_by_number_and_size(graphs: dict[str, Graph], prices: Prices) -> None:
    (service,) = graphs["prod"].of_type("aws:ecs/service:Service")
    task = (0.5 * prices["fargate_cpu_hour"] + 1 * prices["fargate_gb_hour"]) * prices.hours
    cost = monthly_idle(graphs["prod"], service, prices)
    assert cost == pytest.approx(2 * task + prices["container_insights_service"])


def test_what_is_always_on_is_paid_for(graphs: dict[str, Graph], prices: Prices) -> None:
    classic = line(estimate(graphs["classic OpenSearch"], prices, IDLE), "vectors").idle
    assert classic == pytest.approx(2 * 0.24 * 730)
    assert line(estimate(graphs["prod"], prices, IDLE), "vectors").idle == 0
    ranker = line(estimate(graphs["Personalize"], prices, IDLE), "ranker").idle
    assert ranker > 2 * prices.monthly("personalize_tps_hour")
    grouped = [line(estimate(graphs[name], prices, IDLE), "clusters").idle for name in ("dev", "SageMaker")]
    assert grouped[1] - grouped[0] == pytest.approx(730 / 24 * 0.1 * 0.115)


@pytest.mark.parametrize(
    ("count", "component"),
    [
        ("queries", "search"),
        ("chats", "chat"),
        ("images", "images"),
        ("try_ons", "try-on"),
        ("products", "catalog"),
    ],
)
def test_more_use_costs_more_where_it_is_used(
    graphs: dict[str, Graph], prices: Prices, count: str, component: str
) -> None:
    once = estimate(graphs["dev"], prices, replace(IDLE, **{count: 1000}))
    twice = estimate(graphs["dev"], prices, replace(IDLE, **{count: 2000}))
    assert 0 < line(once, component).usage < line(twice, component).usage
    assert line(twice, component).usage == pytest.approx(2 * line(once, component).usage)


def test_pictures_are_paid_as_the_stack_pays_for_them(graphs: dict[str, Graph], prices: Prices) -> None:
    lines = estimate(graphs["dev"], prices, Traffic(images=100, try_ons=100))
    assert 100 * 0.04 < line(lines, "images").usage < 100 * 0.05
    assert 100 * 0.21 < line(lines, "try-on").usage < 100 * 0.22


def test_the_first_ten_thousand_shoppers_sign_in_for_nothing(
    graphs: dict[str, Graph], prices: Prices
) -> None:
    few = estimate(graphs["dev"], prices, replace(IDLE, shoppers=10_000))
    many = estimate(graphs["dev"], prices, replace(IDLE, shoppers=10_100))
    assert line(few, "auth").usage == 0
    assert line(many, "auth").usage == pytest.approx(1.5)


def test_the_backend_is_that_of_the_stack(graphs: dict[str, Graph], prices: Prices) -> None:
    usage = {
        name: line(estimate(graphs[name], prices, LARGE_SHOP), "vectors").usage
        for name in ("dev", "S3 Vectors", "prod")
    }
    assert len(set(usage.values())) == 3 and min(usage.values()) > 0


def test_s3_vectors_asks_less_for_each_vector_of_a_large_index(prices: Prices) -> None:
    def looked_at(vectors: int) -> float:
        idle, once = (
            BACKENDS["s3vectors"](Load(queries=queries, vectors=vectors, dimensions=1024), prices)
            for queries in (0, 1)
        )
        return once - idle - prices["s3_vectors_query"]

    first = looked_at(100_000)
    assert first == pytest.approx(100_000 * (1024 * 4 + 1_000) / 1e12 * 0.004)
    assert looked_at(50_000) == pytest.approx(first / 2)
    assert looked_at(1_000_000) == pytest.approx((1 + 9 / 2) * first)
    assert looked_at(20_000_000) == pytest.approx((1 + 99 / 2 + 100 / 10) * first)


@pytest.mark.parametrize("vectors", [1_000, 1_000_000])
def test_a_crossover_is_where_the_costs_cross(vectors: int, prices: Prices) -> None:
    at = crossover("s3vectors", "dynamodb", vectors, 1024, prices)
    assert at is not None and at > 100
    for queries, cheaper in ((at - 1, "s3vectors"), (at, "dynamodb")):
        load = Load(queries=queries, vectors=vectors, dimensions=1024)
        pair = {name: BACKENDS[name](load, prices) for name in ("s3vectors", "dynamodb")}
        assert min(pair, key=lambda name: pair[name]) == cheaper


def test_what_never_becomes_cheaper_is_said_so(prices: Prices) -> None:
    assert crossover("dynamodb", "opensearch", 1_000, 1024, prices) is None
    assert cheapest(Load(queries=10, vectors=1_000, dimensions=1024), prices) == "s3vectors"


@pytest.mark.parametrize("region", REGIONS)
def test_prices_are_dated_positive_and_their_doubts_are_real_names(region: str) -> None:
    prices = load_prices(region)
    assert prices.dated.year >= 2026
    assert prices.unsure <= set(prices.by_name)
    assert all(value > 0 for value in prices.by_name.values())


def test_a_region_without_prices_is_refused() -> None:
    with pytest.raises(ValueError, match="there are no prices of eu-west-1"):
        load_prices("eu-west-1")


def test_the_command_prints_components_sums_and_doubts(
    graphs: dict[str, Graph], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "record_stack", lambda stack: graphs[stack])
    monkeypatch.setattr(command, "Console", lambda: Console(width=160))
    command.main(["dev", "--traffic", "idle", "--queries", "1000", "--region", "us-west-2"])
    printed = capsys.readouterr().out
    for text in ("dev in us-west-2", "1,000 queries", "search", "all", "cheapest vector", "personalize_tps"):
        assert text in printed
    with pytest.raises(SystemExit):
        command.main(["dev", "--queries", "many"])
    assert "'many' is no number of times" in capsys.readouterr().err
    assert SMALL_SHOP.taken_in == 500
