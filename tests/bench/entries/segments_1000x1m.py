"""`segments_1000x1m`: all definitions to written bitmaps, beside one query per segment over native tables."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.bench.segment_sides import (
    BUILT,
    DEFINITIONS,
    SAMPLE,
    WORK,
    evaluate_to_bitmaps,
    members_entry,
    query_sample,
)


def ours(folder: Path) -> Mapping[str, Any]:
    """definitions read, people joined, every profile judged out of the behaviour store, bitmaps written"""
    began = time.perf_counter()
    members = evaluate_to_bitmaps(folder, DEFINITIONS)
    return {"member_count": members, "seconds": time.perf_counter() - began}


def baseline(folder: Path) -> Mapping[str, Any]:
    """one DuckDB query per segment over native tables with integer keys, rows in time order, two threads, members appended; a sample of 60, scaled"""  # fmt: skip # noqa: E501
    began = time.perf_counter()
    clustered, _ = query_sample(folder, clustered=True)
    seconds, members = query_sample(folder, clustered=False)
    scaled = DEFINITIONS / SAMPLE
    built = json.loads((folder / BUILT).read_text())
    apart = time.perf_counter() - began - seconds * scaled
    return {"apart_seconds": apart, "clustered": clustered * scaled, "members": members, **built}


ENTRY = members_entry(
    name="segments_1000x1m",
    work=f"{WORK}, from the behaviour store to written bitmaps",
    ours=ours,
    baseline=baseline,
    further=lambda one, other: {
        "clustered_seconds": round(other["clustered"], 1),
        "clustered_ratio": round(other["clustered"] / one["seconds"], 1),
        "sampled": SAMPLE,
        "member_count": one["member_count"],
        "store_build_seconds": round(other["store"], 1),
        "native_load_seconds": round(other["native"], 1),
    },
)
