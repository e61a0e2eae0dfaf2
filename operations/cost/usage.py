"""What a month's traffic costs, by component; sizes and times are those of traffic.py."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from operations.cost import traffic as use
from operations.cost.backends import BACKENDS, Load
from operations.cost.prices import Prices
from operations.cost.traffic import Traffic
from operations.evaluation.graph import Graph

_SECONDS = {"search": 0.3, "chat": 6.0, "images": 8.0, "try-on": 60.0, "catalog": 1.0, "other": 0.1}
_QUEUE_REQUESTS = 3
_DIMENSIONS = 1024


@dataclass(frozen=True, slots=True)
class Context:
    """What an estimate is made from."""

    graph: Graph
    prices: Prices
    traffic: Traffic

    def run(self, function: str, seconds: float, times: float) -> float:
        """Calls of a function, with what it writes to its log and its trace."""
        found = [
            each
            for each in self.graph.of_type("aws:lambda/function:Function")
            if each.name == f"{function}-function"
        ]
        if not found:
            return 0.0
        gigabytes = found[0].inputs["memorySize"] / 1024
        once = seconds * gigabytes * self.prices["lambda_gb_second"] + self.prices["lambda_request"]
        log = use.LOG_GB_PER_CALL * self.prices["log_gb"]
        return times * (once + log + self.prices["trace"])

    def setting(self, function: str, variable: str) -> Mapping[str, object]:
        """A setting (JSON text) in a function's environment; empty where there is none."""
        for each in self.graph.of_type("aws:lambda/function:Function"):
            if each.name == f"{function}-function":
                return json.loads(each.inputs["environment"]["variables"].get(variable, "{}"))
        return {}


Usage = Callable[[Context], float]


def _search(context: Context) -> float:
    embedding = context.prices["bedrock_embedding_1k"] * 0.02
    reads = 10 * context.prices["dynamodb_read"]
    queries = context.traffic.queries
    return context.run("search", _SECONDS["search"], queries) + queries * (embedding + reads)


def _vectors(context: Context) -> float:
    store = context.setting("search", "VECTOR_STORE")
    backend = BACKENDS[str(store["backend"])]
    load = Load(
        queries=context.traffic.queries, vectors=context.traffic.products, dimensions=_dimensions(context)
    )
    nothing = Load(queries=0, vectors=0, dimensions=_dimensions(context))
    # What an empty store costs is in the idle cost of its resources.
    return backend(load, context.prices) - backend(nothing, context.prices)


def _dimensions(context: Context) -> int:
    return int(str(context.setting("search", "EMBEDDER").get("dimensions", _DIMENSIONS)))


def _catalog(context: Context) -> float:
    prices, traffic = context.prices, context.traffic
    each = prices["bedrock_embedding_picture"] + prices["s3_put"] + 3 * prices["dynamodb_write"]
    each += _QUEUE_REQUESTS * prices["sqs_request"]
    kept = traffic.products * use.PICTURE_GB * prices["s3_gb_month"]
    return (
        context.run("catalog-ingest", _SECONDS["catalog"], traffic.taken_in) + traffic.taken_in * each + kept
    )


def _chat(context: Context) -> float:
    prices = context.prices
    each = use.CHAT_INPUT_TOKENS / 1000 * prices["bedrock_chat_input_1k"]
    each += use.CHAT_OUTPUT_TOKENS / 1000 * prices["bedrock_chat_output_1k"]
    each += use.CHAT_GUARDRAIL_UNITS * prices["bedrock_guardrail_unit"]
    each += 4 * prices["dynamodb_write"] + 6 * prices["dynamodb_read"]
    return context.run("chat", _SECONDS["chat"], context.traffic.chats) + context.traffic.chats * each


def _images(context: Context) -> float:
    prices = context.prices
    picture = float(str(context.setting("images", "IMAGES").get("price_usd", 0)))
    each = picture + prices["s3_put"] + use.RESULT_GB * prices["s3_gb_month"] + 4 * prices["dynamodb_write"]
    return context.run("images", _SECONDS["images"], context.traffic.images) + context.traffic.images * each


def _try_on(context: Context) -> float:
    prices, times = context.prices, context.traffic.try_ons
    picture = float(str(context.setting("try-on-routes", "TRYON_LIMITS").get("price_usd", 0)))
    each = picture + use.STEPS_PER_TRY_ON * prices["state_transition"] + 12 * prices["dynamodb_write"]
    each += 2 * (prices["s3_put"] + use.RESULT_GB * prices["s3_gb_month"])
    each += _QUEUE_REQUESTS * prices["sqs_request"]
    routes = context.run("try-on-routes", _SECONDS["other"], times * use.REQUESTS_PER_TRY_ON)
    return context.run("try-on-worker", _SECONDS["try-on"], times) + routes + times * each


def _realtime(context: Context) -> float:
    prices, chats = context.prices, context.traffic.chats
    # An answer arrives in some twenty parts.
    return chats * (20 * prices["socket_message"] + use.SOCKET_MINUTES_PER_CHAT * prices["socket_minute"])


def _api(context: Context) -> float:
    prices, requests = context.prices, context.traffic.requests
    guarded = bool(context.graph.of_type("aws:wafv2/webAclAssociation:WebAclAssociation"))
    return requests * (prices["api_request"] + (prices["waf_request"] if guarded else 0))


def _auth(context: Context) -> float:
    paid = max(0, context.traffic.shoppers - context.prices["cognito_free_shoppers"])
    return paid * context.prices["cognito_shopper"]


def _edge(context: Context) -> float:
    if not context.graph.of_type("aws:cloudfront/distribution:Distribution"):
        return 0.0
    prices, shoppers = context.prices, context.traffic.shoppers
    per_request = prices["cloudfront_request"] + prices["waf_request"]
    carried = use.PAGE_GB_PER_SHOPPER * (prices["cloudfront_gb"] + prices["nat_gb"])
    unit = prices.monthly("balancer_unit_hour") if shoppers else 0
    return shoppers * (use.SITE_REQUESTS_PER_SHOPPER * per_request + carried) + unit


def _personalization(context: Context) -> float:
    events = context.traffic.queries
    each = context.prices["sqs_request"] * _QUEUE_REQUESTS / 10 + context.prices["dynamodb_write"]
    # What is popular: a row, and its old and its new place in two indexes.
    each += 5 * context.prices["dynamodb_write"]
    batches = context.run("personalization-recorder", _SECONDS["other"], events / 10)
    return context.run("personalization-style", _SECONDS["other"], events) + batches + events * each


def _closet(context: Context) -> float:
    prices, calls = context.prices, context.traffic.shoppers * use.CLOSET_CALLS_PER_SHOPPER
    # A change and its count, both in a transaction, which is paid twice; the product is looked up.
    each = 4 * prices["dynamodb_write"] + prices["dynamodb_read"]
    return context.run("closet", _SECONDS["other"], calls) + calls * each


USAGE: Mapping[str, Usage] = {
    "api": _api,
    "auth": _auth,
    "catalog": _catalog,
    "chat": _chat,
    "closet": _closet,
    "edge": _edge,
    "images": _images,
    "personalization": _personalization,
    "realtime": _realtime,
    "search": _search,
    "try-on": _try_on,
    "vectors": _vectors,
}
"""Usage cost by the logical name of a component of `__main__.py`; the others cost nothing by use."""
