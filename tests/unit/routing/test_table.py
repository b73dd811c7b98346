"""The routing table as people write it: refused with file, line and field where it can't be meant."""

from pathlib import Path

import pytest

from activation.routing.countries import country_of
from activation.routing.table import load_table, table_of
from kith.errors import KithError
from kith.settings import PROJECT, load_settings

SHIPPED = sorted((PROJECT / "activation" / "definitions" / "routing").glob("*.yml"))


@pytest.fixture
def settings(settings, tmp_path, monkeypatch):
    """Definitions of the test's own."""
    monkeypatch.setenv("KITH_DEFINITIONS", str(tmp_path / "definitions"))
    return load_settings()


@pytest.fixture
def write(settings):
    def lay(text: str, channel: str = "sms") -> None:
        folder: Path = settings.definitions / "routing"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{channel}.yml").write_text(text, encoding="utf-8")

    return lay


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("vendors: [{vendor: one}, {vendor: one}]", "names one twice"),
        ("vendors: [{vendor: one, countries: [Germany]}]", "two capital letters"),
        ("vendors: [{vendor: one, weight: 0}]", "greater than 0"),
        ("vendors: [{vendor: one, speed: 3}]", "no such field"),
        ("next_channels: [sms]", "the channel after itself"),
        ("choose: luck", "'weight' or 'cost'"),
    ],
)
def test_table__a_mistake_is_named_with_its_file(settings, write, text, problem):
    write(text)
    with pytest.raises(KithError, match=problem) as raised:
        load_table(settings, "sms")
    assert "sms.yml" in str(raised.value.where)


def test_table__costs_may_be_one_for_all_or_by_country(settings, write):
    write("vendors: [{vendor: one, cost: 0.05}, {vendor: two, cost: {DE: 0.07, '*': 0.02}}]")
    one, two = table_of(settings, "sms").vendors
    assert (str(one.stated_cost("DE")), str(one.stated_cost(""))) == ("0.05", "0.05")
    assert (str(two.stated_cost("DE")), str(two.stated_cost("FR"))) == ("0.07", "0.02")


def test_table__a_channel_without_one_has_an_empty_one(settings):
    assert table_of(settings, "carrier_pigeon").vendors == ()


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_table__every_table_that_comes_with_kith_reads(settings, path):
    assert load_table(settings, path.stem) is not None


@pytest.mark.parametrize(
    ("address", "country"),
    [("+4915112345678", "DE"), ("+12025550123", "US"), ("+39061234567", "IT"), ("a@b.example", ""), ("+", ""),
     ("+80012345678", "")],
)  # fmt: skip
def test_country__a_number_tells_it_and_nothing_else(address, country):
    assert country_of(address) == country
