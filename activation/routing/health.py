"""How well a vendor does and what it costs, learned from answers and receipts. Pure sums: two workers add, none
overwrites."""

from dataclasses import dataclass, replace
from decimal import Decimal

from activation.routing.contract import Tidings

#: Before so many were heard of, a vendor is as good as any.
ENOUGH = 50
#: A rate is drawn towards this by as many messages as `ENOUGH`, so that the first few decide nothing.
EXPECTED_RATE = 0.95


@dataclass(frozen=True)
class Health:
    """What was heard of one vendor in the time looked at."""

    taken: int = 0
    refused: int = 0
    lost: int = 0
    delivered: int = 0
    undelivered: int = 0
    priced: int = 0
    amount: float = 0.0
    currency: str = ""

    def plus(self, told: Tidings) -> "Health":
        """With what was heard since. Money of another currency than before is left out: it can't be added."""
        is_alike = not told.priced or not self.priced or told.currency == self.currency
        return replace(
            self,
            taken=self.taken + told.taken,
            refused=self.refused + told.refused,
            lost=self.lost + told.lost,
            delivered=self.delivered + told.delivered,
            undelivered=self.undelivered + told.undelivered,
            priced=self.priced + (told.priced if is_alike else 0),
            amount=self.amount + (told.amount if is_alike else 0.0),
            currency=self.currency or told.currency,
        )

    @property
    def answer_rate(self) -> float:
        """Of what it was handed, how much it answered for."""
        return _rate(self.taken, self.refused + self.lost)

    @property
    def delivery_rate(self) -> float:
        """Of what it told the end of, how much was delivered."""
        return _rate(self.delivered, self.undelivered)

    @property
    def score(self) -> float:
        """Between 0 and 1: the chance that a message handed over is delivered."""
        return self.answer_rate * self.delivery_rate

    def cost(self, stated: Decimal | None, currency: str) -> float | None:
        """Money a message: what the vendor charged, once it told enough of it in that currency, else what is stated."""
        if self.priced >= ENOUGH and (not currency or self.currency == currency):
            return self.amount / self.priced
        return None if stated is None else float(stated)


def _rate(good: int, bad: int) -> float:
    return (good + ENOUGH * EXPECTED_RATE) / (good + bad + ENOUGH)
