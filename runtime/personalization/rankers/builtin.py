"""The built-in ranker: the affinity of the style profile, without any service beside its table."""

import time
from collections.abc import Callable, Sequence

from runtime.personalization.port import Candidate, Ranking
from runtime.personalization.style import Style
from runtime.personalization.taste import STRANGERS, Kinship, Taste
from runtime.personalization.wording import tell
from runtime.shared.reasons import Reason

SOURCE = "builtin"


class BuiltInRanker:
    """Ranks by a shopper's own interactions; `find_style` gives the profile of a pseudonym.

    `find_kinship` tells how alike the clusters are that there are now.
    """

    def __init__(
        self,
        find_style: Callable[[str], Style],
        clock: Callable[[], float] = time.time,
        find_kinship: Callable[[], Kinship] = lambda: STRANGERS,
    ) -> None:
        self._find_style = find_style
        self._clock = clock
        self._find_kinship = find_kinship

    def rank(self, user_id: str, session_id: str | None, candidates: Sequence[Candidate]) -> Ranking:
        """Affinities, about -1..1; no scores at all when no candidate shares a trait with an interaction.

        The session is that of the newest interaction, whatever `session_id` says: taste moves with what is
        done, not with what is searched for.
        """
        style = self._find_style(user_id)
        taste = Taste(style.events, self._clock(), style.muted, self._find_kinship())
        judged = {each.product_id: taste.judge(each) for each in candidates}
        if not any(judged.values()):
            return Ranking({}, source=SOURCE)
        # What nothing is known of is better than what is disliked.
        scores = {product_id: score or 0.0 for product_id, score in judged.items()}
        why: dict[str, Sequence[Reason]] = {}
        for candidate in candidates:
            if scores[candidate.product_id] > 0 and (cause := taste.explain(candidate)):
                why[candidate.product_id] = (tell(cause),)
        return Ranking(scores, why, SOURCE)
