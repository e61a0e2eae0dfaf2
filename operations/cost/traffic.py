"""How much a shop is used, and what one use of it consists of."""

from dataclasses import dataclass

VECTOR_BYTES = 4
PICTURE_GB = 0.0003
RESULT_GB = 0.001
LOG_GB_PER_CALL = 0.000002
PAGE_GB_PER_SHOPPER = 0.03
SITE_REQUESTS_PER_SHOPPER = 300
SOCKET_MINUTES_PER_CHAT = 1.5
CHAT_INPUT_TOKENS = 7_000
"""Of a message: it takes about two calls of the model, with instructions, tools and what was said before."""
CHAT_OUTPUT_TOKENS = 600
CHAT_GUARDRAIL_UNITS = 4
"""Units are 1000 characters; the question and the answer are judged."""
CLOSET_CALLS_PER_SHOPPER = 15
STEPS_PER_TRY_ON = 6
REQUESTS_PER_TRY_ON = 8
"""An upload's form, the order, and asking after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """Uses in a month, and how many products there are."""

    queries: int = 0
    chats: int = 0
    """Messages of shoppers to the stylist."""
    images: int = 0
    try_ons: int = 0
    products: int = 0
    """Products in the shop; a tenth of them is new or changed each month."""
    shoppers: int = 0
    """Different people who sign in."""

    @property
    def taken_in(self) -> float:
        """Pictures of products that are ingested in a month."""
        return self.products / 10

    @property
    def requests(self) -> float:
        """Calls of the REST API."""
        return (
            self.queries
            + self.images * 2
            + self.try_ons * REQUESTS_PER_TRY_ON
            + self.shoppers * (20 + CLOSET_CALLS_PER_SHOPPER)
        )


IDLE = Traffic()
SMALL_SHOP = Traffic(queries=10_000, chats=2_000, images=500, try_ons=500, products=5_000, shoppers=1_000)
LARGE_SHOP = Traffic(
    queries=1_000_000, chats=100_000, images=20_000, try_ons=20_000, products=100_000, shoppers=50_000
)
EXAMPLES = {"idle": IDLE, "small": SMALL_SHOP, "large": LARGE_SHOP}
