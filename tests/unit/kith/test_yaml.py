"""YAML as definitions read it: nothing hostile is built, and words mean what they look like."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from kith.definitions import read_yaml
from kith.definitions.composition import DEEPEST, MOST_VALUES
from kith.definitions.yaml import LARGEST_FILE
from kith.errors import KithError


def read(tmp_path: Path, text: str) -> Any:
    file = tmp_path / "odd.yml"
    file.write_text(text, encoding="utf-8")
    return read_yaml(file)[0]


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("NO", "NO"), ("no", "no"), ("on", "on"), ("y", "y"), ("02134", "02134"), ("0x1F", "0x1F"), ("0o17", "0o17"),
        ("12:30", "12:30"), ("1_000", "1_000"), ("2026-05-01", "2026-05-01"), ("=", "="), ("007.5", "007.5"),
        ("true", True), ("False", False), ("~", None), ("null", None), ("", None), ("-3", -3), ("+4", 4),
        ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0), ("0", 0), (".inf", float("inf")), ("'5'", "5"), ("!!str 5", "5"),
    ],
)  # fmt: skip
def test_word__means_what_it_looks_like(tmp_path: Path, word: str, value: object) -> None:
    found = read(tmp_path, f"a: {word}")["a"]
    assert found == value
    assert type(found) is type(value)


def _laughs() -> str:
    """Ten lines that stand for ten billion words."""
    lines = ["a0: &a0 [" + ", ".join(["ha"] * 10) + "]"]
    lines += [f"a{n}: &a{n} [" + ", ".join([f"*a{n - 1}"] * 10) + "]" for n in range(1, 10)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\nb: x\0y", "odd.yml:2: holds the character U+0000, which no YAML may hold"),
        ("a: \x1b[31m", "odd.yml:1: holds the character U+001B"),
        ("a: \ufffe", "odd.yml:1: holds the character U+FFFE"),
        ("a: &x [*x]", "odd.yml:1: a[0]: *x holds itself"),
        ("a: *x", "odd.yml:1: a: *x was never given a value"),
        (_laughs(), "is too large; expected at most 1,000,000 values, anchors counted"),
        ("a: {<<: {b: 1}}", "is a merge key"),
        ("a: 1\n---\nb: 2", "odd.yml:2: holds a second document"),
        ("a: !!python/name:os.system x", "odd.yml:1: a: holds the tag"),
        ("a: !!binary aGk=", "odd.yml:1: a: holds the tag"),
        ("? [a, b]\n: 1", "has a key that is no text"),
        ("a: 1\n? *b\n: 1", "has a key that is no text"),
        ("a:\n  b: 1\n  b: 2", "odd.yml:3: a.b: stands twice"),
        ('{"x\\e[31m\\u202e": 1, "x\\e[31m\\u202e": 2}', "odd.yml:1: x\\u001b[31m\\u202e: stands twice"),
        ("a: " + "9" * 5000, "odd.yml:1: a: is a number of 5000 digits"),
        ("a: {b: [1, 2", "no valid YAML"),
        ("%YAML 9.0\n---\na: 1", "odd.yml:1: no valid YAML"),
    ],
)
def test_yaml__refuses_with_file_and_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(KithError) as refused:
        read(tmp_path, text)
    assert said in str(refused.value)


@pytest.mark.parametrize("depth", [DEEPEST + 1, 1_000, 100_000])
@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_yaml__refuses_any_depth_in_one_sentence(tmp_path: Path, opening: str, depth: int) -> None:
    with pytest.raises(KithError, match=r"odd\.yml:1: .*is nested too deeply; expected at most 250 levels"):
        read(tmp_path, ("a: " if opening != "- " else "") + opening * depth + "x")


def test_yaml__depth_of_what_an_anchor_stands_for_counts(tmp_path: Path) -> None:
    half = DEEPEST * 2 // 3
    deep = "[" * half + "x" + "]" * half
    with pytest.raises(KithError, match="nested too deeply"):
        read(tmp_path, f"a: &a {deep}\nb: " + "[" * half + "*a" + "]" * half)


def test_yaml__takes_the_depth_that_it_promises(tmp_path: Path) -> None:
    depth = DEEPEST - 1
    assert read(tmp_path, "a: " + "[" * depth + "x" + "]" * depth)


def test_yaml__anchor_stands_for_its_value(tmp_path: Path) -> None:
    assert read(tmp_path, "a: &x {b: [1, &y two]}\nc: *x\nd: *y") == {
        "a": {"b": [1, "two"]}, "c": {"b": [1, "two"]}, "d": "two",
    }  # fmt: skip


def test_yaml__refuses_a_file_that_is_too_large_unread(tmp_path: Path) -> None:
    file = tmp_path / "large.yml"
    file.write_bytes(b"#" * (LARGEST_FILE + 1))
    with pytest.raises(KithError, match=r"large\.yml: is 8,000,001 bytes large; expected at most 8,000,000"):
        read_yaml(file)


def test_yaml__reads_a_hundred_thousand_values_fast(tmp_path: Path) -> None:
    start = time.process_time()
    found = read(tmp_path, "a: [" + ", ".join(f"value {n}" for n in range(100_000)) + "]")
    assert len(found["a"]) == 100_000 < MOST_VALUES
    assert time.process_time() - start < 5


def test_yaml__a_mark_of_byte_order_is_no_part_of_the_text(tmp_path: Path) -> None:
    assert read(tmp_path, "\ufeffa: 1") == {"a": 1}
