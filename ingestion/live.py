"""Row rules of live events: raw lines of the Segment spec become rows of the event model, or are set aside.

One SELECT of DuckDB judges a chunk of lines. What is kept: unknown fields of the top level go to
`context.extra_fields` (all but `writeKey`, a credential), `name` and `category` of pages to their properties.
Text is NFC. A line is read strictly: NaN and Infinity are refused, and so are a field told twice, what nests deeper
than 100 levels and what is larger than `LARGEST` bytes. docs/bad-input.md lists every fate.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb
import pyarrow as pa

from ingestion.odd_lines import ODD_FAULTS, TOO_DEEP, odd_lines
from kith.events import EVENT_TYPES
from kith.warehouse import literal

FIELDS = (
    "type", "event", "messageId", "anonymousId", "userId", "previousId", "groupId", "timestamp",
    "originalTimestamp", "sentAt", "properties", "traits", "context",
)  # fmt: skip
KNOWN = (*FIELDS, "writeKey")
PAGES = ("name", "category")
LINES_SCHEMA = pa.schema(
    [
        ("line", pa.large_string()),
        ("batch_id", pa.string()),
        ("position", pa.int64()),
        ("segment", pa.string()),
        ("received_at", pa.timestamp("us")),
    ]
)
LARGEST = 1 << 20
LONGEST_ID = 255
NOTABLE_SKEW = timedelta(minutes=1)


@dataclass(frozen=True)
class Landing:
    """What the rows of one source have in common. `last_as_of`: no live row counts before it any more."""

    source: str
    lateness: timedelta
    last_as_of: datetime | None


def judge_lines(connection: duckdb.DuckDBPyConnection, lines: pa.Table, landing: Landing) -> pa.Table:
    """The event columns of each line, `fault` (`reason:field` or null), where it stood, and what was corrected:
    `is_raised` (counts from the last as_of on), `is_reclocked` (its clock was off by more than a minute),
    `is_renamed` (its messageId was too long and is hashed)."""
    connection.register("lines", lines)
    try:
        odd = odd_lines(connection)
        connection.register("odd", odd)
        return connection.execute(_judgement(landing, has_odd=odd.num_rows > 0)).to_arrow_table()
    finally:
        connection.unregister("lines")
        connection.unregister("odd")


def _judgement(landing: Landing, has_odd: bool) -> str:
    shape = literal("{" + ", ".join(f'"{name}": "VARCHAR"' for name in FIELDS) + "}")
    odd_fault = _odd_fault() if has_odd else "NULL::VARCHAR"
    return f"""
    WITH valid AS (
        SELECT lines.*, {odd_fault} AS odd_fault,
            coalesce(json_valid(line) AND starts_with(ltrim(line), '{{'), FALSE) AS is_object
        FROM lines),
    taken AS (
        SELECT *, CASE WHEN is_object THEN json_transform(line, {shape}) END AS v,
               CASE WHEN is_object THEN json_keys(line) END AS keys
        FROM valid),
    named AS (
        SELECT line, batch_id, position, segment, received_at, is_object,
            v.type AS type, {_text("v.event")} AS event, {_text("v.messageId")} AS message_id,
            {_text("v.anonymousId")} AS given_anonymous_id, {_text("v.userId")} AS user_id,
            {_text("v.previousId")} AS previous_id, {_text("v.groupId")} AS group_id,
            v.timestamp AS given_at, v.originalTimestamp AS original_text, v.sentAt AS sent_text,
            {_moment("v.timestamp")} AS stated_at, {_moment("v.originalTimestamp")} AS original_at,
            {_moment("v.sentAt")} AS sent_at, {_object("v.properties")} AS given_properties,
            {_object("v.traits")} AS traits, {_object("v.context")} AS given_context,
            odd_fault, {_is_repeated()} AS is_repeated, {_extra()} AS extra
        FROM taken),
    timed AS (
        SELECT *,
            coalesce(received_at - (sent_at - original_at), stated_at, original_at, received_at)
                AS occurred_at,
            {_page_properties()} AS properties, {_with_extra()} AS context,
            coalesce(given_anonymous_id, {_order_person()}) AS anonymous_id
        FROM named),
    placed AS (
        SELECT *, {_effective(landing.lateness)} AS own_effective_at, {_fault()} AS fault FROM timed)
    SELECT coalesce({_event_id()}, md5('line' || chr(31) || segment || chr(31) || batch_id || chr(31) || position
                                    || chr(31) || line)) AS event_id,
        type, event, anonymous_id, user_id, previous_id, group_id, occurred_at, sent_at, received_at,
        {_raised(landing.last_as_of)} AS effective_at, batch_id, {literal(landing.source)} AS source,
        properties, traits, context, fault, position, segment, {_is_raised(landing.last_as_of)} AS is_raised,
        {_is_reclocked()} AS is_reclocked, coalesce(length(message_id) > {LONGEST_ID}, FALSE) AS is_renamed
    FROM placed"""


def _odd_fault() -> str:
    """A look-up, not a join: rows must come back in the order of the lines."""
    cases = " ".join(
        f"WHEN (batch_id, position) IN (SELECT (batch_id, position) FROM odd WHERE odd_fault = {literal(fault)})"
        f" THEN {literal(fault)}"
        for fault in ODD_FAULTS
    )
    return f"CASE {cases} END"


def _event_id() -> str:
    """The messageId; one too long for a key is hashed, so that its copies still meet."""
    return f"CASE WHEN length(message_id) > {LONGEST_ID} THEN md5(message_id) ELSE message_id END"


def _is_reclocked() -> str:
    seconds = NOTABLE_SKEW.total_seconds()
    return f"coalesce(abs(epoch(occurred_at - coalesce(original_at, stated_at))) > {seconds}, FALSE)"


def _is_repeated() -> str:
    """A field of the top level stands there twice: then there are more keys than fields given."""
    return f"CASE WHEN len(keys) <> {_given()} THEN len(keys) <> len(list_distinct(keys)) ELSE FALSE END"


def _given() -> str:
    return " + ".join(f"(v.{name} IS NOT NULL)::INT" for name in FIELDS)


def _text(sql: str) -> str:
    return f"nullif(trim(nfc_normalize({sql})), '')"


def _object(sql: str) -> str:
    """An object as NFC JSON text; an empty one is none."""
    return f"nullif(nfc_normalize({sql}), '{{}}')"


def _moment(sql: str) -> str:
    """ISO 8601; without an offset it is UTC, as the spec has it."""
    offset = f"regexp_matches({sql}, ':\\d\\d([.,]\\d+)?\\s*[+-]\\d{{2}}(:?\\d{{2}})?$')"
    # A year of four digits, and no word such as 'infinity', with which arithmetic would overflow.
    is_iso = f"substr({sql}, 5, 1) = '-' AND (starts_with({sql}, '2') OR starts_with({sql}, '1'))"
    return (
        f"CASE WHEN {sql} IS NULL OR NOT ({is_iso}) THEN NULL"
        f" WHEN suffix({sql}, 'Z') THEN TRY_CAST({sql} AS TIMESTAMP)"
        f" WHEN {offset} THEN TRY_CAST({sql} AS TIMESTAMPTZ)::TIMESTAMP ELSE TRY_CAST({sql} AS TIMESTAMP) END"
    )


def _extra() -> str:
    """JSON of the fields that the spec does not have, built only for lines that have any."""
    known = "[" + ", ".join(literal(name) for name in KNOWN) + "]"
    path = "'/' || replace(replace(k, '~', '~0'), '/', '~1')"
    return f"""CASE WHEN len(keys) <> {_given()} THEN
        nullif('{{' || array_to_string([to_json(k)::VARCHAR || ':' || json_extract(line, {path})::VARCHAR
            FOR k IN keys IF NOT list_contains({known}, k)], ',') || '}}', '{{}}') END"""


def _page_properties() -> str:
    """`name` and `category` stand beside the properties of a page or screen; the spec copies them in."""
    fields = ", ".join(
        f"CASE WHEN json_extract(given_properties, '$.{name}') IS NULL THEN "
        f"'\"{name}\":' || nullif(json_extract(extra, '$.{name}')::VARCHAR, 'null') END"
        for name in PAGES
    )
    inner = "nullif(substr(given_properties, 2, length(given_properties) - 2), '')"
    return f"""CASE WHEN type IN ('page', 'screen') AND extra IS NOT NULL
        AND starts_with(coalesce(given_properties, '{{'), '{{')
        THEN nullif('{{' || concat_ws(',', {fields}, {inner}) || '}}', '{{}}') ELSE given_properties END"""


def _with_extra() -> str:
    inner = "nullif(substr(given_context, 2, length(given_context) - 2), '')"
    is_object = "starts_with(coalesce(given_context, '{'), '{')"
    return f"""CASE WHEN extra IS NULL OR NOT {is_object} THEN given_context
        ELSE '{{' || concat_ws(',', {inner}, '"extra_fields":' || extra) || '}}' END"""


def _order_person() -> str:
    """Nobody is named, but an order: the order stands for its person."""
    order = "json_extract_string(given_properties, '$.order_id')"
    is_order = "user_id IS NULL AND starts_with(given_properties, '{')"
    return f"CASE WHEN {is_order} THEN 'order:' || nullif({order}, '') END"


def _fault() -> str:
    types = ", ".join(literal(kind) for kind in EVENT_TYPES)
    ids = {
        "userId": "user_id",
        "anonymousId": "given_anonymous_id",
        "previousId": "previous_id",
        "groupId": "group_id",
    }
    no_text = " ".join(
        f"WHEN starts_with({sql}, '{{') OR starts_with({sql}, '[') THEN 'bad_identifier:{name}'"
        for name, sql in {**ids, "messageId": "message_id", "event": "event"}.items()
    )
    times = {"timestamp": ("given_at", "stated_at"), "originalTimestamp": ("original_text", "original_at"),
             "sentAt": ("sent_text", "sent_at")}  # fmt: skip
    bad_times = " ".join(
        f"WHEN {text} IS NOT NULL AND {moment} IS NULL THEN 'bad_time:{name}'"
        for name, (text, moment) in times.items()
    )
    objects = {"properties": "given_properties", "traits": "traits", "context": "given_context"}
    no_object = " ".join(
        f"WHEN NOT starts_with({sql}, '{{') THEN 'not_an_object:{name}'" for name, sql in objects.items()
    )
    return f"""CASE WHEN line IS NULL THEN 'not_utf8:' WHEN strlen(line) > {LARGEST} THEN 'too_large:'
        WHEN odd_fault = {literal(TOO_DEEP)} THEN odd_fault
        WHEN NOT is_object AND json_valid(line) THEN 'not_an_object:'
        WHEN NOT is_object THEN 'not_json:' WHEN odd_fault IS NOT NULL THEN odd_fault
        WHEN is_repeated THEN 'repeated_field:'
        WHEN contains(line, '\\u0000') THEN 'null_character:'
        WHEN type IS NULL OR type NOT IN ({types}) THEN 'unknown_type:type'
        {no_text} {no_object} {bad_times}
        WHEN type = 'track' AND event IS NULL THEN 'missing_event:event'
        WHEN type = 'group' AND group_id IS NULL THEN 'missing_group:groupId'
        WHEN type = 'alias' AND previous_id IS NULL THEN 'missing_previous:previousId'
        WHEN user_id IS NULL AND anonymous_id IS NULL THEN 'missing_identifier:userId'
        WHEN occurred_at < TIMESTAMP '1990-01-01' OR occurred_at > received_at + INTERVAL 1 DAY
        THEN 'time_out_of_range:timestamp' END"""


def _effective(lateness: timedelta) -> str:
    """`kith.events.effective_at` in SQL."""
    limit = f"occurred_at + INTERVAL '{lateness.total_seconds()} seconds'"
    return f"CASE WHEN received_at BETWEEN occurred_at AND {limit} THEN occurred_at ELSE received_at END"


def _raised(last: datetime | None) -> str:
    return "own_effective_at" if last is None else f"greatest(own_effective_at, {_instant(last)})"


def _is_raised(last: datetime | None) -> str:
    return "FALSE" if last is None else f"own_effective_at < {_instant(last)}"


def _instant(moment: datetime) -> str:
    from kith.times import to_utc_naive

    return f"TIMESTAMP '{to_utc_naive(moment)}'"
