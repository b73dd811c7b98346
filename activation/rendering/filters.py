"""How numbers, money, dates and plurals are said in the reader's language (Unicode CLDR, by Babel)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from jinja2 import pass_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context

#: Where the context says how the reader's language writes; no template reads it by name.
READER_LOCALE = "_reader_locale"
_FALLBACK = "en"
_DATE_STYLES = frozenset({"short", "medium", "long", "full"})
# A template may give a CLDR pattern of its own, of this length at most.
_LONGEST_PATTERN = 40


@lru_cache(maxsize=4096)
def spoken(wanted: str, variant: str) -> str:
    """The locale in which a variant is written for this reader: their own if it speaks the variant's language.

    Somebody from Vienna who gets the German variant reads dates the Austrian way; somebody from Paris who gets the
    English one reads English dates.
    """
    language = variant.partition("_")[0].lower()
    theirs, _, country = (wanted or "").replace("-", "_").partition("_")
    if theirs.lower() == language and country.isalpha() and len(country) == 2:
        named = f"{language}_{country.upper()}"
        return named if _is_known(named) else variant
    return variant


def _is_known(name: str) -> bool:
    from babel.localedata import exists

    return exists(name)


@pass_context
def money(context: Context, amount: Any, currency: str = "") -> str:
    """`1234.5 | money("GBP")` → `£1,234.50`, in German `1.234,50 £`; no currency: the number alone."""
    return _money(_decimal(amount, "an amount of money"), str(currency), _locale(context))


@pass_context
def number(context: Context, amount: Any) -> str:
    """`1234.5 | number` → `1,234.5`, in German `1.234,5`."""
    return _number(_decimal(amount, "a number"), _locale(context))


@pass_context
def day(context: Context, value: Any, style: str = "medium") -> str:
    """`"2026-05-01" | date("long")` → `May 1, 2026`, in German `1. Mai 2026`; or a CLDR pattern, `date("d MMM")`."""
    if style not in _DATE_STYLES and len(style) > _LONGEST_PATTERN:
        raise SecurityError("a date's pattern is too long")
    return _day(_date(value), style, _locale(context))


@pass_context
def plural(context: Context, count: Any, **forms: str) -> str:
    """`3 | plural(one="# item", other="# items")` → `3 items`; the forms are CLDR's, # the number.

    Russian also has few and many; a form that is not given is said as `other`.
    """
    if "other" not in forms:
        raise SecurityError("plural needs the form `other`")
    amount, locale = _decimal(count, "a number"), _locale(context)
    return str(forms.get(_plural_form(amount, locale), forms["other"])).replace("#", _number(amount, locale))


FILTERS: Mapping[str, Callable[..., str]] = {"money": money, "number": number, "date": day, "plural": plural}


def _locale(context: Context) -> str:
    return context.get(READER_LOCALE) or _FALLBACK


def _decimal(value: Any, what: str) -> Decimal:
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        raise SecurityError(f"'{value}' is no {what.partition(' ')[2]}") from None
    if not found.is_finite() or abs(found.adjusted()) > 30:
        raise SecurityError(f"'{value}' is no {what.partition(' ')[2]}")
    return found


def _date(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise SecurityError(f"'{value}' is no date") from None


# Babel takes tens of microseconds for each; the same prices and dates come again and again within a campaign.
@lru_cache(maxsize=65_536)
def _money(amount: Decimal, currency: str, locale: str) -> str:
    from babel.numbers import format_currency, format_decimal

    if not currency:
        return format_decimal(amount, format="#,##0.00", locale=locale)
    if len(currency) != 3 or not currency.isalpha():
        raise SecurityError(f"'{currency}' is no currency (three letters, such as EUR)")
    return format_currency(amount, currency.upper(), locale=locale)


@lru_cache(maxsize=65_536)
def _number(amount: Decimal, locale: str) -> str:
    from babel.numbers import format_decimal

    return format_decimal(amount, locale=locale)


@lru_cache(maxsize=16_384)
def _day(value: date, style: str, locale: str) -> str:
    from babel.dates import format_date

    return format_date(value, style, locale=locale)


@lru_cache(maxsize=16_384)
def _plural_form(amount: Decimal, locale: str) -> str:
    from babel import Locale

    return Locale.parse(locale).plural_form(amount)
