"""Mappings: what they say, and what an error in one says."""

from __future__ import annotations

from pathlib import Path

import pytest

from identity.matching.mapping import MAPPINGS, load_mapping
from kith.errors import KithError
from tests.unit.matching.people import write_mapping


@pytest.mark.parametrize("name", sorted(each.stem for each in MAPPINGS.glob("*.yml")))
def test_mapping__each_that_comes_along_is_found_by_its_name(name: str) -> None:
    assert load_mapping(name).body.name == name


def test_mapping__an_unknown_kind_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_mapping(tmp_path / "m.yml", "name: m\ncolumns:\n  first: first_name\n  born: birthday\n")
    with pytest.raises(KithError, match=r"m\.yml:4: columns\.born.*'date'"):
        load_mapping(str(path))


def test_mapping__an_unknown_field_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_mapping(tmp_path / "m.yml", "columns:\n  first: first_name\ntreshold: 0.9\n")
    with pytest.raises(KithError, match=r"m\.yml:3: treshold: no such field"):
        load_mapping(str(path))


def test_mapping__blocking_names_columns_that_exist(tmp_path: Path) -> None:
    path = write_mapping(tmp_path / "m.yml", "columns:\n  first: first_name\nblocking:\n  - [first, born]\n")
    with pytest.raises(
        KithError, match=r"blocking\[0\] names 'born', which is none of the columns \(first\)"
    ):
        load_mapping(str(path))


def test_mapping__a_missing_one_says_which_there_are() -> None:
    with pytest.raises(KithError, match=r"there is no such mapping.*fake_people, febrl"):
        load_mapping("nowhere.yml")


def test_mapping__what_is_withheld_is_gone_from_every_part(tmp_path: Path) -> None:
    text = "columns:\n  a: {kind: address, swaps_with: b}\n  b: address\n  c: id\nblocking: [[a, c], [c]]\n"
    left = load_mapping(str(write_mapping(tmp_path / "m.yml", text))).body.without(frozenset({"b", "c"}))
    assert list(left.columns) == ["a"]
    assert left.columns["a"].swaps_with is None
    assert left.blocking == ()
