"""Row rules of live events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pyarrow as pa
import pytest

from ingestion.live import LINES_SCHEMA, Landing, judge_lines
from kith.events import EVENT_SCHEMA, effective_at
from kith.settings import Settings
from kith.times import to_utc_naive
from kith.warehouse import Warehouse

RECEIVED = datetime(2026, 5, 1, 8, 0, tzinfo=UTC)
L = timedelta(seconds=30)


def judged(settings: Settings, *lines: Any, last: datetime | None = None) -> list[dict[str, Any]]:
    texts = [line if isinstance(line, str) else orjson.dumps(line).decode() for line in lines]
    rows = [
        {"line": text, "batch_id": "b", "position": place, "segment": "web/1",
         "received_at": to_utc_naive(RECEIVED)}
        for place, text in enumerate(texts)
    ]  # fmt: skip
    with Warehouse(settings) as warehouse:
        table = pa.Table.from_pylist(rows, schema=LINES_SCHEMA)
        return sorted(
            judge_lines(warehouse.connection, table, Landing("web", L, last)).to_pylist(),
            key=lambda row: row["position"],
        )


def track(**more: Any) -> dict[str, Any]:
    return {"type": "track", "event": "Seen", "userId": "u1", "messageId": "m1", **more}


def test_lines__a_whole_event_becomes_a_row_of_the_event_model(settings: Settings) -> None:
    (row,) = judged(settings, track(properties={"a": 1.0}, context={"ip": "::1"}, groupId="g"))
    assert row["fault"] is None
    assert set(EVENT_SCHEMA.names) <= set(row)
    assert (row["event_id"], row["event"], row["user_id"], row["group_id"]) == ("m1", "Seen", "u1", "g")
    assert (row["properties"], row["traits"], row["context"]) == ('{"a":1.0}', None, '{"ip":"::1"}')
    assert row["occurred_at"] == row["received_at"] == row["effective_at"] == to_utc_naive(RECEIVED)


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("{", "not_json:"),
        ("", "not_json:"),
        ("x" * 20, "not_json:"),
        ("[1]", "not_an_object:"),
        ('"text"', "not_an_object:"),
        ('{"type":"track","event":"E","userId":"u","properties":{"a":NaN}}', "not_a_number:"),
        ('{"type":"track","event":"E","userId":"u","properties":{"a":[1, -Infinity]}}', "not_a_number:"),
        ('{"type":"track","event":"E","userId":"u","properties":{"a":inf}}', "not_a_number:"),
        ('{"type":"track","event":"E","userId":"\\ud800"}', "not_json:"),
        ('{"type":"track","event":"E\\u0000","userId":"u"}', "null_character:"),
        ({"type": "sale", "userId": "u"}, "unknown_type:type"),
        ({"event": "E", "userId": "u"}, "unknown_type:type"),
        ({"type": "track", "userId": "u"}, "missing_event:event"),
        ({"type": "track", "event": "  ", "userId": "u"}, "missing_event:event"),
        ({"type": "track", "event": "E"}, "missing_identifier:userId"),
        ({"type": "track", "event": "E", "userId": " "}, "missing_identifier:userId"),
        ({"type": "track", "event": "E", "userId": {"a": 1}}, "bad_identifier:userId"),
        ({"type": "track", "event": "E", "anonymousId": ["a"]}, "bad_identifier:anonymousId"),
        ({"type": "group", "userId": "u"}, "missing_group:groupId"),
        ({"type": "alias", "userId": "u"}, "missing_previous:previousId"),
        (track(properties="big"), "not_an_object:properties"),
        (track(traits=[1]), "not_an_object:traits"),
        (track(context=3), "not_an_object:context"),
        (track(timestamp="yesterday"), "bad_time:timestamp"),
        (track(timestamp="2026-02-30T00:00:00Z"), "bad_time:timestamp"),
        (track(sentAt="infinity", originalTimestamp="2026-05-01T00:00:00Z"), "bad_time:sentAt"),
        (track(originalTimestamp=1700000000), "bad_time:originalTimestamp"),
        (track(timestamp="1969-12-31T00:00:00Z"), "time_out_of_range:timestamp"),
        (track(timestamp="2026-05-03T00:00:00Z"), "time_out_of_range:timestamp"),
    ],
)
def test_lines__what_breaks_a_rule_says_which(settings: Settings, line: Any, fault: str) -> None:
    assert judged(settings, line)[0]["fault"] == fault


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (track(userId=12345), "12345"),
        ({"type": "track", "event": "info, nan :nan", "userId": "u9"}, "u9"),
        (track(userId="  u3 "), "u3"),
        (track(userId="cafe\u0301"), "café"),
        ('{"type":"track","event":"E","userId":"cafe\\u0301"}', "café"),
    ],
)
def test_identifiers__are_trimmed_text_in_nfc(settings: Settings, line: Any, expected: str) -> None:
    (row,) = judged(settings, line)
    assert (row["fault"], row["user_id"]) == (None, expected)


def test_text__is_nfc_inside_properties_too(settings: Settings) -> None:
    (row,) = judged(
        settings, '{"type":"identify","userId":"u","traits":{"name":"e\\u0301","city":"e\u0301"}}'
    )
    assert orjson.loads(row["traits"]) == {"name": "é", "city": "é"}


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({}, RECEIVED),
        ({"timestamp": "2026-05-01T07:00:00Z"}, RECEIVED - timedelta(hours=1)),
        ({"timestamp": "2026-05-01T09:00:00+02:00"}, RECEIVED - timedelta(hours=1)),
        ({"timestamp": "2026-05-01T07:00:00.250"}, RECEIVED - timedelta(milliseconds=3_599_750)),
        # a client ten years behind: one minute passed between the event and its sending
        (
            {"originalTimestamp": "2016-01-01T00:00:00Z", "sentAt": "2016-01-01T00:01:00Z"},
            RECEIVED - timedelta(minutes=1),
        ),
        ({"originalTimestamp": "2026-05-01T07:59:00Z"}, RECEIVED - timedelta(minutes=1)),
    ],
)  # fmt: skip
def test_occurred_at__is_corrected_for_the_clients_clock(
    settings: Settings, times: dict, expected: datetime
) -> None:
    (row,) = judged(settings, track(**times))
    assert row["fault"] is None
    assert row["occurred_at"] == to_utc_naive(expected)


@pytest.mark.parametrize("seconds", [-3600, -31, -30, -1, 0, 1, 600])
def test_effective_at__is_the_kernels_rule(settings: Settings, seconds: int) -> None:
    occurred = RECEIVED + timedelta(seconds=seconds)
    (row,) = judged(settings, track(timestamp=occurred.isoformat()))
    assert row["effective_at"] == to_utc_naive(effective_at(occurred, RECEIVED, L))


def test_effective_at__below_the_last_as_of_is_raised_and_counted(settings: Settings) -> None:
    last = RECEIVED + timedelta(hours=1)
    low, high = judged(settings, track(), track(messageId="m2"), last=last)
    assert {low["effective_at"], high["effective_at"]} == {to_utc_naive(last)}
    assert low["is_raised"]
    assert high["is_raised"]
    assert not judged(settings, track(), last=RECEIVED)[0]["is_raised"]


def test_message_id__absent_is_made_of_place_and_content(settings: Settings) -> None:
    line = {"type": "track", "event": "E", "userId": "u"}
    first, second = judged(settings, line, line)
    assert first["event_id"] != second["event_id"]
    assert [row["event_id"] for row in judged(settings, line, line)] == [
        first["event_id"],
        second["event_id"],
    ]


def test_unknown_fields__are_kept(settings: Settings) -> None:
    (row,) = judged(
        settings, track(**{"channel": "server", "a/b~c\"d'e": {"n": [1]}, "": 2, "writeKey": "secret"})
    )
    assert orjson.loads(row["context"]) == {
        "extra_fields": {"channel": "server", "a/b~c\"d'e": {"n": [1]}, "": 2}
    }


def test_unknown_fields__join_the_context_that_is_there(settings: Settings) -> None:
    (row,) = judged(settings, track(context={"ip": "::1"}, channel="server", groupId=None))
    assert orjson.loads(row["context"]) == {"ip": "::1", "extra_fields": {"channel": "server"}}


def test_pages__keep_name_and_category_as_properties(settings: Settings) -> None:
    page = {
        "type": "page",
        "anonymousId": "a",
        "name": "Home",
        "category": "shop",
        "properties": {"name": "Own", "x": 1},
    }
    (row,) = judged(settings, page)
    assert orjson.loads(row["properties"]) == {"category": "shop", "name": "Own", "x": 1}


def test_orders__of_nobody_stand_for_their_person(settings: Settings) -> None:
    (row,) = judged(settings, {"type": "track", "event": "Order Completed", "properties": {"order_id": "o7"}})
    assert (row["fault"], row["anonymous_id"], row["user_id"]) == (None, "order:o7", None)


def test_deep_lines__are_judged_without_harm(settings: Settings) -> None:
    deep = '{"type":"track","event":"E","userId":"u","properties":' + '{"a":' * 2000 + "1" + "}" * 2001
    rows = judged(settings, deep, "[" * 100_000, track())
    assert [row["fault"] for row in rows] == ["too_deep:", "too_deep:", None]
