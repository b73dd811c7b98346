"""`segments_scaling`: what one more definition costs among 10, 100 and 1,000, beside one query."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.segment_sides import (
    DEFINITIONS,
    SAMPLE,
    WORK,
    evaluate_to_bitmaps,
    members_entry,
    query_sample,
)

COUNTS = (10, 100, DEFINITIONS)


def ours(folder: Path) -> Mapping[str, Any]:
    """the marginal cost of one definition, from the tenth to the thousandth"""
    took, began = {}, time.perf_counter()
    for count in COUNTS:
        start = time.perf_counter()
        evaluate_to_bitmaps(folder, count)
        took[str(count)] = time.perf_counter() - start
    marginal = (took[str(DEFINITIONS)] - took[str(COUNTS[0])]) / (DEFINITIONS - COUNTS[0])
    return {**took, "apart_seconds": time.perf_counter() - began - marginal}


def baseline(folder: Path) -> Mapping[str, Any]:
    """one DuckDB query for one segment over native tables in time order, two threads: the mean of a sample of 60"""
    began = time.perf_counter()
    seconds, members = query_sample(folder, clustered=False)
    return {"apart_seconds": time.perf_counter() - began - seconds / SAMPLE, "members": members}


ENTRY = members_entry(
    name="segments_scaling",
    work=f"{' / '.join(f'{count:,}' for count in COUNTS)} of {WORK}",
    ours=ours,
    baseline=baseline,
    further=lambda one, other: {f"seconds_of_{count}": round(one[str(count)], 2) for count in COUNTS},
)
