"""Amazon Personalize as a ranker: a campaign that has learned which clusters a shopper likes.

Wire format: GetPersonalizedRanking of `personalize-runtime`, version 2018-05-22.
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from runtime.personalization.pointer import LiveModel, Pointer
from runtime.personalization.port import CLUSTER_ITEM, Candidate, RankerUnavailable, Ranking

SOURCE = "personalize"
MOST_ITEMS = 500
"""Items that one request may ask for."""


class NoCampaign(RankerUnavailable):
    """No model has been trained yet, or it was removed."""


class PersonalizeRanker:
    """Scores of the campaign that the pointer names; a product's score is that of its cluster."""

    def __init__(self, client: Any, pointer: Pointer) -> None:
        self._client = client
        self._pointer = pointer

    def rank(self, user_id: str, session_id: str | None, candidates: Sequence[Candidate]) -> Ranking:
        """As `Ranker.rank`; raises NoCampaign while there is none.

        Products without a cluster, of a cluster that the model does not know, or past the first 500 clusters
        are missing. The session is not sent: its events have reached the campaign by themselves.
        """
        live = self._pointer.current()
        if live is None:
            raise NoCampaign("no campaign is live")
        items = {each.product_id: item_of(each.cluster) for each in candidates if each.cluster is not None}
        distinct = list(dict.fromkeys(items.values()))[:MOST_ITEMS]
        if not distinct:
            return Ranking({}, source=SOURCE)
        scores = _read_scores(self._ask(live, user_id, distinct))
        return Ranking(
            {product: scores[item] for product, item in items.items() if item in scores}, source=SOURCE
        )

    def _ask(self, live: LiveModel, user_id: str, items: Sequence[str]) -> Any:
        try:
            return self._client.get_personalized_ranking(
                campaignArn=live.campaign_arn, userId=user_id, inputList=items
            )
        except (ClientError, BotoCoreError) as error:
            raise RankerUnavailable("Amazon Personalize did not answer") from error


def item_of(cluster: int) -> str:
    """The item that a cluster is to Personalize."""
    return f"{CLUSTER_ITEM}{cluster}"


def _read_scores(answer: Any) -> Mapping[str, float]:
    """Score by item; items without a score, which the model has never seen, are left out."""
    ranking = answer.get("personalizedRanking") if isinstance(answer, Mapping) else None
    if not isinstance(ranking, Sequence) or isinstance(ranking, str):
        raise RankerUnavailable("Amazon Personalize answered without a ranking")
    scores: dict[str, float] = {}
    for entry in ranking:
        if not isinstance(entry, Mapping) or not isinstance(entry.get("itemId"), str):
            raise RankerUnavailable("Amazon Personalize answered with an item that has no id")
        score = entry.get("score")
        if isinstance(score, int | float) and math.isfinite(score):
            scores[entry["itemId"]] = float(score)
    return scores
