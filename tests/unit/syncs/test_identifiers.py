"""Identifiers as each advertiser wants them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from activation.destinations import _identifiers as named
from activation.syncs.scheduling import is_due


@pytest.mark.parametrize(
    ("normalise", "given", "wanted"),
    [
        (named.email_for_google, " A.nn+x@Gmail.com ", "ann@gmail.com"),
        (named.email_for_google, "a.nn+x@shop.example", "a.nn+x@shop.example"),
        (named.email_for_meta, " A.nn+x@Gmail.com ", "a.nn+x@gmail.com"),
        (named.phone_for_google, "+49 (151) 12345-678", "+4915112345678"),
        (named.phone_for_google, "0151 12345678", ""),
        (named.phone_for_meta, "+49 151 12345678", "4915112345678"),
        (named.name_for_meta, "O'Neil-Müller ", "oneilmüller"),
        (named.name_for_meta, "Nguyễn", "nguyễn"),
        (named.postcode_for_meta, "94107-1234", "94107"),
        (named.postcode_for_meta, "SW1A 1AA", "sw1a1aa"),
        (named.country, "DE", "de"),
        (named.country, "Germany", ""),
        (named.hashed, "", ""),
    ],
)
def test_identifier__is_normalised_as_the_vendor_says(normalise, given, wanted):
    assert normalise(given) == wanted


@pytest.mark.parametrize(
    ("schedule", "now", "last", "due"),
    [
        ("each run", 3, 2, True),
        ("manual", 9, None, False),
        ("daily 06:00", 5, None, True),
        ("daily 06:00", 5, 4, False),
        ("daily 06:00", 7, 4, True),
        ("daily 06:00", 9, 7, False),
    ],
)
def test_schedule__a_daily_sync_runs_once_after_its_hour(schedule, now, last, due):
    moment = [None if hour is None else datetime(2026, 5, 1, hour, tzinfo=UTC) for hour in (now, last)]
    assert is_due(schedule, "UTC", moment[0], moment[1]) is due
