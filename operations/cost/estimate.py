"""The estimate of a stack: idle cost of its resources and cost of its use, by component."""

from collections import defaultdict
from dataclasses import dataclass

from operations.cost.idle import monthly_idle
from operations.cost.prices import Prices
from operations.cost.traffic import Traffic
from operations.cost.usage import USAGE, Context
from operations.evaluation.graph import Graph, Resource


@dataclass(frozen=True, slots=True)
class Line:
    """What a component costs in a month, in US dollars."""

    component: str
    idle: float
    usage: float

    @property
    def total(self) -> float:
        return self.idle + self.usage


def estimate(graph: Graph, prices: Prices, traffic: Traffic) -> list[Line]:
    """One line for each component of the stack, in the order of their names.

    Raises ValueError for a resource type that is neither priced nor listed as free.
    """
    context = Context(graph, prices, traffic)
    idle: defaultdict[str, float] = defaultdict(float)
    tops = {resource.name for resource in graph.resources if _is_top(graph, resource)}
    parents = {resource.name: resource.parent for resource in graph.resources if not resource.custom}
    for resource in graph.resources:
        if resource.custom:
            idle[_component(resource.parent or resource.name, tops, parents)] += monthly_idle(
                graph, resource, prices
            )
    return [
        Line(name, idle[name], USAGE[name](context) if name in USAGE else 0.0)
        for name in sorted(tops | set(idle))
    ]


def _is_top(graph: Graph, resource: Resource) -> bool:
    return not resource.custom and resource.parent == f"{graph.project}-{graph.stack}"


def _component(name: str, tops: set[str], parents: dict[str, str]) -> str:
    while name not in tops and parents.get(name):
        # A component may be called as the one it is in.
        name = parents[name]
    return name
