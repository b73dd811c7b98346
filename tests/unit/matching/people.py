"""A small world of people written down more than once, with typing errors and gaps."""

from __future__ import annotations

import csv
import random
from pathlib import Path

FIRST = (
    "anna",
    "bruno",
    "carla",
    "david",
    "elena",
    "felix",
    "greta",
    "henry",
    "irina",
    "jonas",
    "klara",
    "louis",
)
LAST = (
    "ahrens",
    "bauer",
    "cremer",
    "dietz",
    "ebert",
    "fuchs",
    "graf",
    "haas",
    "illner",
    "jung",
    "kaiser",
    "lang",
)
ENDS = ("", "berg", "dorf", "feld", "heim", "hof", "mann", "stein", "tal", "wald")
CITIES = ("berlin", "hamburg", "munich", "cologne", "bremen", "dresden")
HEADER = ("key", "first", "last", "born", "town", "mail")

MAPPING = """
name: people
columns:
  first: first_name
  last: last_name
  born: date
  town: city
  mail: email
"""


def people(count: int, seed: int = 1) -> list[dict[str, str]]:
    """One row a person, then a second, worse one for two thirds of them."""
    chance = random.Random(seed)
    originals = []
    for number in range(count):
        first, last = chance.choice(FIRST), chance.choice(LAST) + chance.choice(ENDS)
        born = f"{chance.randint(1940, 2005)}-{chance.randint(1, 12):02d}-{chance.randint(1, 28):02d}"
        mail = f"{first[0]}{last}{chance.randint(1, 999)}@example.com"
        row = (f"p{number}", first, last, born, chance.choice(CITIES), mail)
        originals.append(dict(zip(HEADER, row, strict=True)))
    copies = [_worse(row, chance) for row in originals if chance.random() < 0.67]
    return originals + copies


def _worse(row: dict[str, str], chance: random.Random) -> dict[str, str]:
    worse = dict(row)
    if chance.random() < 0.2:
        worse["first"], worse["last"] = row["last"], row["first"]
    for name in chance.sample(("first", "last", "born", "town", "mail"), 2):
        worse[name] = "" if chance.random() < 0.3 else _typo(worse[name], chance)
    return worse


def _typo(text: str, chance: random.Random) -> str:
    place = chance.randrange(len(text) - 1)
    if chance.random() < 0.5:
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + text[place + 1 :]


def write_csv(path: Path, rows: list[dict[str, str]], separator: str = ",") -> Path:
    """A file as people write them: a space after each separator."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=separator)
        writer.writerow([f" {name}" for name in HEADER])
        writer.writerows([f" {row[name]}" for name in HEADER] for row in rows)
    return path


def write_mapping(path: Path, text: str = MAPPING) -> Path:
    path.write_text(text)
    return path
