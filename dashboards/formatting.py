"""Numbers, money, shares and times as the visitor's language writes them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from typing_extensions import TypeIs

Number = int | float | Decimal
NONE = "–"
SYMBOLS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "CHF": "CHF", "PLN": "zł"}
WHOLE_CURRENCIES = {"JPY", "KRW", "VND"}
_POINT, _COMMA, _SPACE = (",", "."), (".", ","), ("\N{NARROW NO-BREAK SPACE}", ",")
#: Thousands and decimal mark by language; the rest write as English does.
MARKS = {
    **dict.fromkeys(("de", "es", "it", "nl", "pt", "id", "tr", "da", "el"), _COMMA),
    **dict.fromkeys(("fr", "pl", "cs", "sv", "nb", "nn", "fi", "uk", "ru", "bg", "sk", "hu"), _SPACE),
}


@dataclass(frozen=True)
class Spelling:
    """How one visitor reads: the browser's locale and the workspace's time zone."""

    locale: str = "en"
    zone: str = "UTC"

    @property
    def language(self) -> str:
        return self.locale.replace("_", "-").split("-")[0].lower()

    def number(self, value: Number | None, digits: int = 0) -> str:
        """1,234.5 in English, 1.234,5 in German."""
        if is_absent(value):
            return NONE
        thousands, decimal = MARKS.get(self.language, _POINT)
        return f"{value:,.{digits}f}".translate(str.maketrans({",": thousands, ".": decimal}))

    def decimal(self, value: Number | None) -> str:
        """A number with as many decimals as it needs, at most two."""
        return self.number(value, 0 if is_absent(value) or float(value) == int(value) else 2)

    def money(self, amount: Number | None, currency: str | None) -> str:
        """An amount with its currency, never without: €1,234.50, or 1.234,50 € where that is the custom."""
        if is_absent(amount):
            return NONE
        code = "?" if is_absent(currency) else currency
        text = self.number(abs(amount), 0 if code in WHOLE_CURRENCIES or abs(amount) >= 100_000 else 2)
        symbol, sign = SYMBOLS.get(code, code), "−" if amount < 0 else ""
        if self.language != "en":
            return f"{sign}{text} {symbol}"
        return f"{sign}{symbol}{text}" if len(symbol) == 1 else f"{sign}{symbol} {text}"

    def share(self, part: Number | None, whole: Number | None, digits: int = 1) -> str:
        """The part of a whole in per cent; a dash where there is no whole."""
        return NONE if not whole or is_absent(part) else self.percent(float(part) / float(whole), digits)

    def percent(self, rate: float | None, digits: int = 1) -> str:
        """A rate of 0–1 in per cent."""
        return NONE if is_absent(rate) else f"{self.number(rate * 100, digits)} %"

    def points(self, difference: float | None, digits: int = 1) -> str:
        """A difference of two rates in percentage points, with its sign."""
        if is_absent(difference):
            return NONE
        sign = "+" if difference > 0 else "−" if difference < 0 else "±"
        return f"{sign}{self.number(abs(difference) * 100, digits)} pp"

    def instant(self, moment: datetime | None) -> str:
        """An instant in the workspace's zone: 1 May 2026, 08:00."""
        return NONE if is_absent(moment) else f"{self.local(moment):%-d %b %Y, %H:%M}"

    def day(self, moment: datetime | None) -> str:
        """The local day of an instant: 1 May 2026."""
        return NONE if is_absent(moment) else f"{self.local(moment):%-d %b %Y}"

    def local(self, moment: datetime) -> datetime:
        """An instant (aware, or UTC without a zone as in the snapshot) in the workspace's zone."""
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(ZoneInfo(self.zone))


def spell_age(age: timedelta) -> str:
    """How long ago, in words: `just now`, `5 minutes ago`, `3 days ago`."""
    seconds = age.total_seconds()
    for name, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        count = int(seconds // size)
        if count >= 1:
            return f"{count} {name}{'' if count == 1 else 's'} ago"
    return "just now"


def is_absent(value: object) -> TypeIs[None]:
    """Whether there is no value: None, or what data frames make of it (NaN, NaT), which equals nothing."""
    return value is None or value != value


def spell_name(identifier: str | None) -> str:
    """A name out of a definition as words: `lapsed_buyers` → `Lapsed buyers`."""
    if is_absent(identifier):
        return ""
    words = identifier.replace("_", " ").replace("-", " ").strip()
    return words[:1].upper() + words[1:]


def plain(text: object) -> str:
    """Text from outside inside of Markdown: shown as it is, so that no name becomes a link or an image."""
    return re.sub(r"([\\`*_{}\[\]()#+\-.!|~<>$:@&^=/])", r"\\\1", str(text))
