"""Who of an audience may be written to: consent and an address, channel by channel, devices and chats included."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from activation.segments.preview import preview
from kith.init import initialise
from kith.settings import Settings
from tests.unit.segments.world import AS_OF, Person, begin, define, publish

PEOPLE = [Person(name, country="DE", email=None if name == "c" else f"{name}@example.com") for name in "abcd"]
CHANNELS = ("email", "push", "viber", "pager")


def test_reach__counts_consent_and_whether_there_is_an_address(settings: Settings, tmp_path: Path) -> None:
    found = define(tmp_path, settings, germans={"attribute": "country", "is": "DE"})
    initialise(found)
    consents = {(name, "marketing", channel): name != "d" for name in "abcd" for channel in CHANNELS}
    run = begin(found, AS_OF, PEOPLE, consents=consents)
    file = run.path / "profiles.parquet"
    rows = pq.read_table(file)
    for name, told in (("has_push", [True, False, None, True]), ("has_viber", [False] * 4)):
        rows = rows.append_column(name, pa.array(told, pa.bool_()))
    pq.write_table(rows, file)
    publish(found, run)
    reach = preview(found, found.definitions / "segments" / "germans.yml").reach
    assert {each.channel: (each.consented_count, each.reachable_count) for each in reach} == {
        "email": (3, 2),
        "push": (3, 1),
        "viber": (3, 0),
        "pager": (3, 3),
    }
