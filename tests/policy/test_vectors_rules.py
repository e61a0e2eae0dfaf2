"""Rules about vector stores find what they forbid."""

from policies import vectors
from policies.stack import Rule
from tests.policy.planting import Change, Planted, Stacks, each_of, expect_found, put, remove, within

PLANTED: list[Planted] = [
    (vectors.encrypt_every_collection, "vectors-encryption", remove, "no encryption policy"),
    (vectors.encrypt_every_collection, "knowledge-encryption", remove, "no encryption policy"),
    (
        vectors.encrypt_every_collection,
        "vectors-encryption",
        within("policy", put("Rules.0.Resource.0", "collection/another")),
        "no encryption policy",
    ),
    (vectors.open_every_collection_on_purpose, "vectors-network", remove, "no network policy"),
    (vectors.let_somebody_use_every_collection, "vector-access-data", remove, "no data access policy"),
    (vectors.let_somebody_use_every_collection, "knowledge-data", remove, "no data access policy"),
    (
        vectors.name_who_uses_collections,
        "vector-access-data",
        within("policy", put("0.Principal.0", "*")),
        "name the roles",
    ),
    (
        vectors.name_who_uses_collections,
        "vector-access-data",
        within("policy", put("0.Principal.0", "arn:aws:iam::123456789012:root")),
        "name the roles",
    ),
    (
        vectors.name_who_uses_collections,
        "knowledge-data",
        within("policy", put("0.Rules.0.Permission.0", "aoss:*")),
        "list the permissions",
    ),
    (
        vectors.name_who_uses_collections,
        "knowledge-data",
        within("policy", put("0.Rules.0.Resource.0", "index/*/*")),
        "name the collection",
    ),
]


@each_of(PLANTED)
def test_a_planted_violation_is_found(
    stacks: Stacks, rule: Rule, name: str, change: Change, text: str
) -> None:
    expect_found(stacks, rule, name, change, text)
