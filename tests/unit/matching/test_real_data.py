"""The floors reached on public sets, at the default threshold and without a look at the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from identity.matching.file_matching import match_files
from identity.matching.mapping import DEFAULT_THRESHOLD, load_mapping

PART_OF_ID = "split_part(rec_id, '-', 2)"


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("file", "mapping", "truth", "true_pairs", "floor"),
    [
        ("er_febrl/dataset1.csv.gz", "febrl", PART_OF_ID, 500, 0.99),
        ("er_febrl/dataset2.csv.gz", "febrl", PART_OF_ID, 1934, 0.99),
        ("er_splink/fake_1000.csv.gz", "fake_people", "cluster", 2031, 0.95),
    ],
)
def test_public_set__f1_reaches_its_floor(
    shared_data: Path, file: str, mapping: str, truth: str, true_pairs: int, floor: float
) -> None:
    found = match_files([shared_data / file], load_mapping(mapping), truth)
    assert found.quality is not None
    assert found.quality.true_pairs == true_pairs
    print(
        f"{file}: precision {found.quality.precision}, recall {found.quality.recall}, F1 {found.quality.f1}"
    )
    assert found.matching.threshold == DEFAULT_THRESHOLD
    assert (found.quality.f1 or 0) >= floor
