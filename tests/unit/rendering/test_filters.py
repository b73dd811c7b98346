"""Money, numbers, dates and plurals in the reader's language."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from activation.rendering import MissingVariable, RenderRefused, render, template_of


def said(source: str, locale: str = "", **variables: Any) -> str:
    files = {"sms.txt": source, "de/sms.txt": source, "ru/sms.txt": source}
    return render(template_of("t", files), variables, locale, "sms").text.replace("\xa0", " ")


@pytest.mark.parametrize(
    ("locale", "expected"),
    [
        ("", "€1,234.50"),
        ("en-GB", "€1,234.50"),
        ("de-DE", "1.234,50 €"),
        ("de-CH", "EUR 1’234.50"),
        ("fr-FR", "€1,234.50"),  # the reader gets the English text, so English numbers
        ("de-XX", "1.234,50 €"),
        ("de-" + "A" * 99, "1.234,50 €"),
    ],
)
def test_money__is_written_as_the_reader_s_country_does(locale: str, expected: str) -> None:
    assert said("{{ 1234.5 | money('EUR') }}", locale) == expected


def test_money__knows_the_digits_of_a_currency_and_stands_without_one() -> None:
    assert said("{{ x | money('JPY') }}", x=1234) == "¥1,234"
    assert said("{{ x | money }}", x="1234.5") == "1,234.50"
    assert said("{{ x | money('EUR') }}", x=Decimal("0.005")) == "€0.00"


@pytest.mark.parametrize(
    "source",
    [
        "{{ 'much' | money('EUR') }}",
        "{{ 'nan' | money('EUR') }}",
        "{{ 'Infinity' | number }}",
        "{{ '1e999999' | number }}",
        "{{ 1 | money('<b>') }}",
        "{{ 'soon' | date }}",
        "{{ '2026-05-01' | date('" + "y" * 41 + "') }}",
        "{{ 1 | plural(one='x') }}",
    ],
)
def test_filter__refuses_what_it_can_t_say(source: str) -> None:
    with pytest.raises(RenderRefused):
        said(source)


@pytest.mark.parametrize("filter_name", ["money('EUR')", "number", "date", "plural(other='x')"])
def test_filter__a_missing_value_is_named(filter_name: str) -> None:
    with pytest.raises(MissingVariable, match="gone"):
        said("{{ gone | " + filter_name + " }}")


@pytest.mark.parametrize(
    "value",
    ["2026-05-01", "2026-05-01T23:00:00+00:00", date(2026, 5, 1), datetime(2026, 5, 1, 23, tzinfo=UTC)],
)
def test_date__is_said_in_the_reader_s_language(value: Any) -> None:
    assert said("{{ x | date('long') }}", x=value) == "May 1, 2026"
    assert said("{{ x | date('long') }}", "de", x=value) == "1. Mai 2026"
    assert said("{{ x | date('d MMM') }}", x=value) == "1 May"


@pytest.mark.parametrize(
    ("locale", "count", "expected"),
    [
        *(("", 1, "1 item"), ("", 0, "0 items"), ("", 1200, "1,200 items"), ("de", 1200, "1.200 items")),
        *(("ru", 1, "1 item"), ("ru", 3, "3 itema"), ("ru", 5, "5 itemov"), ("ru", 21, "21 item")),
    ],
)
def test_plural__has_the_forms_of_the_language(locale: str, count: int, expected: str) -> None:
    source = "{{ n | plural(one='# item', few='# itema', many='# itemov', other='# items') }}"
    assert said(source, locale, n=count) == expected
