"""Telephone numbers become E.164, or are refused; nothing is guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activation.channels._phones import PhoneSettings, digits, e164, from_digits
from activation.channels.contract import Refused

CASES = [
    ("+447700900123", "", "+447700900123"),
    ("+44 (0)7700 900123", "", "+447700900123"),
    ("+52 1 55 1234 5678", "", "+525512345678"),
    ("+525512345678", "", "+525512345678"),
    ("011 15 2345-6789", "AR", "+5491123456789"),
    ("+39 06 1234567", "", "+39061234567"),
    ("+225 01 02 03 04 05", "", "+2250102030405"),
    ("07700 900123", "GB", "+447700900123"),
    ("٠٧٧٠٠٩٠٠١٢٣", "gb", "+447700900123"),
    ("+１２０２５５５０１２３", "", "+12025550123"),
]
REFUSED = [
    ("07700 900123", "", "no_international_form"),
    ("2025550123", "", "no_international_form"),
    ("", "", "bad_address"),
    ("+", "", "bad_address"),
    ("+1", "", "bad_address"),
    ("+0 123 456 789", "", "bad_address"),
    ("+999500000001", "", "bad_address"),
    ("+12025550123;ext=5", "", "bad_address"),
    ("+1 202 555 0123 x5", "", "bad_address"),
    ("+1 800 FLOWERS", "", "bad_address"),
    ("tel:+12025550123", "", "bad_address"),
    ("whatsapp:+12025550123", "", "bad_address"),
    ("+12025550123\r\n", "", "bad_address"),
    ("+1202555\n0123", "", "bad_address"),
    ("+12025550123\x00", "", "bad_address"),
    ("a@b.example", "", "bad_address"),
    ("+" + "1" * 400, "", "bad_address"),
]


@pytest.mark.parametrize(("told", "region", "expected"), CASES)
def test_phone__is_brought_to_e164(told, region, expected):
    found = e164(told, PhoneSettings(region=region))
    assert found == expected
    assert e164(found) == found  # what it is stays
    assert f"+{digits(told, PhoneSettings(region=region))}" == expected


@pytest.mark.parametrize(("told", "region", "detail"), REFUSED)
def test_phone__that_is_none_or_nobodys_is_refused(told, region, detail):
    with pytest.raises(Refused) as refusal:
        e164(told, PhoneSettings(region=region))
    assert refusal.value.detail == detail
    assert told not in str(refusal.value) or not told  # no number gets into a log


def test_phone__of_no_country_goes_only_where_somebody_said_so():
    assert e164("+999500000001", PhoneSettings(fiction="+888, +999")) == "+999500000001"
    for wrong in ("+9995\n00000001", "+999", "+99950000000100000"):
        with pytest.raises(Refused):
            e164(wrong, PhoneSettings(fiction="+999"))


def test_phone__of_a_vendor_is_ours_with_a_plus():
    assert from_digits("5215512345678") == "+525512345678"
    assert from_digits("12025550123") == "+12025550123"
    assert from_digits("KithShop") == "KithShop"


@given(st.one_of(st.text(max_size=40), st.text(alphabet="+0123456789 ()-./\u00a0\r\n\x00;x", max_size=24)))
@settings(max_examples=400, deadline=None)
def test_phone__of_any_text_is_a_number_or_a_refusal(told):
    try:
        found = e164(told)
    except Refused:
        return
    assert found[0] == "+"
    assert found[1:].isascii()
    assert found[1:].isdigit()
    assert 8 <= len(found) <= 16
