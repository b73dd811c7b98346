"""The hidden truth as files, for tests and for those who want to check a claim. Never below KITH_HOME."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from kith.durable import write_durably
from kith.times import to_utc_naive
from sandbox.bots import bot_ids
from sandbox.calendar import Calendar, from_hour
from sandbox.devices import KINDS
from sandbox.names import PLACES
from sandbox.people import CHANNELS
from sandbox.state import State
from sandbox.story import Shop

TEMPER = (
    "fatigue", "unsubscribe_rate", "complaint_rate", "reply_rate", "revival_rate", "patience_hours",
    "mailbox_exists", "mailbox_fails_later",
)  # fmt: skip


def write_truth(shop: Shop, state: State, calendar: Calendar, seed: int, folder: Path) -> None:
    """people, devices, ownership and bots as Parquet; the ledger of what landed and its dirt as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(_people(shop), folder / "people.parquet")
    pq.write_table(_devices(shop), folder / "devices.parquet")
    pq.write_table(_ownership(shop), folder / "ownership.parquet")
    ids = bot_ids(seed, shop.people.count, calendar.first_hour, calendar.end_hour)
    bots = {"anonymous_id": [name for name, _ in ids], "is_disguised": [hidden for _, hidden in ids]}
    pq.write_table(pa.table(bots), folder / "bots.parquet")
    write_ledger(state, folder)


def write_ledger(state: State, folder: Path) -> None:
    """Lines landed so far by source, and flaws planted in them by kind."""
    ledger = {"hour": state.hour, "landed": state.landed, "flaws": state.flaws}
    write_durably(
        folder / "ledger.json", orjson.dumps(ledger, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS)
    )


def _times(hours: np.ndarray) -> pa.Array:
    return pa.array([to_utc_naive(from_hour(int(hour))) for hour in hours], pa.timestamp("us"))


def _people(shop: Shop) -> pa.Table:
    identity, habits, temper = shop.people.identity, shop.people.habits, shop.people.temper
    columns = {
        "person": np.arange(shop.people.count),
        "user_id": identity.user_id,
        "email": identity.email,
        "phone": identity.phone,
        "household": identity.household,
        "time_zone": [PLACES[place][0] for place in identity.place],
        "born_at": _times(habits.born_hour),
        "gone_at": _times(habits.gone_hour),
    }
    for name in (
        "visit_rate",
        "chronotype",
        "weekend_factor",
        "price_sensitivity",
        "buy_rate",
        "refund_rate",
    ):
        columns[name] = getattr(habits, name)
    for name in TEMPER:
        columns[name] = getattr(temper, name)
    for number, channel in enumerate(CHANNELS):
        for name in ("open_rate", "click_rate", "uplift"):
            columns[f"{name}_{channel}"] = getattr(temper, name)[:, number]
    return pa.table(columns)


def _devices(shop: Shop) -> pa.Table:
    devices = shop.devices
    return pa.table(
        {
            "device": np.arange(devices.count),
            "anonymous_id": devices.anonymous_id,
            "owner": devices.owner,
            "kind": [KINDS[kind][0] for kind in devices.kind],
            "clock_error_seconds": devices.clock_error / 1000.0,
        }
    )


def _ownership(shop: Shop) -> pa.Table:
    """Person and device: one row for each pair that may occur, shared devices with each of their users."""
    devices = shop.devices
    own = np.flatnonzero(devices.owner >= 0)
    sharing = np.flatnonzero(devices.shared >= 0)
    person = np.concatenate([devices.owner[own], sharing])
    device = np.concatenate([own, devices.shared[sharing]])
    return pa.table({"person": person, "device": device, "is_shared": devices.owner[device] < 0})
