"""Which kind of address a channel writes to: the same in Python and in SQL, and every channel has one."""

from __future__ import annotations

import json
from datetime import datetime
from typing import get_args

import duckdb
import pytest

from activation.addresses import (
    ADDRESS_TYPES,
    REACHED_BY,
    address_type,
    address_type_sql,
    consent_type,
    has_form_sql,
)
from activation.channels.contract import ChannelPlugin
from activation.delivery.address_faults import fault_of
from activation.gates import reachability
from activation.journeys.campaign import Channel
from kith.registry import plugins

SUBSCRIPTION = json.dumps(
    {"endpoint": "https://push.example/x", "keys": {"p256dh": "B" * 87, "auth": "Q" * 22}}
)
CASES = [
    ("push", "ab" * 32, "apns_token"),
    ("push", "AB" * 50, "apns_token"),
    ("push", "cXy-1:APA91b" + "a" * 140, "fcm_token"),
    ("push", "ab" * 31, "fcm_token"),
    ("push", SUBSCRIPTION, "web_push"),
    ("zalo", "4711", "zalo_id"),
    ("zalo", "+84912345678", "phone"),
    ("messenger", "4711", "messenger_id"),
    ("email", "a@b.example", "email"),
    ("rcs", "+491701234567", "phone"),
    ("in_app", "u1", "user_id"),
    ("pager", "7", ""),
]


@pytest.mark.parametrize(("channel", "address", "kind"), CASES)
def test_address__has_one_kind_in_python_and_in_sql(channel: str, address: str, kind: str) -> None:
    sql = f"SELECT {address_type_sql('channel', 'address')} FROM (SELECT ? AS channel, ? AS address)"
    assert address_type(channel, address) == kind
    assert duckdb.connect().execute(sql, [channel, address]).fetchone() == (kind or None,)


def test_channels__of_campaigns_are_those_with_addresses_and_those_with_a_file() -> None:
    found = plugins("activation.channels", ChannelPlugin).values()
    assert set(get_args(Channel)) == set(ADDRESS_TYPES) == {each.channel for each in found}
    assert [each for each in found if each.address_type not in ADDRESS_TYPES[each.channel]] == []


def test_reach__is_read_from_a_column_of_profiles() -> None:
    assert REACHED_BY["push"] == "has_push"
    assert (REACHED_BY["sms"], REACHED_BY["in_app"], REACHED_BY["zalo"]) == ("phone", "user_id", "has_zalo")
    assert (consent_type("push"), consent_type("sms"), consent_type("email")) == ("user_id", "phone", "email")


@pytest.mark.parametrize(
    ("channel", "address", "is_fine"),
    [
        ("push", SUBSCRIPTION, True),
        ("push", "t" * 4096, True),
        ("push", "t" * 4097, False),
        ("push", "two words", False),
        ("messenger", "4711", True),
        ("messenger", "me", False),
        ("viber", "a" * 255, False),
        ("zalo", "0912", True),
        ("zalo", "+84912345678", True),
        ("zalo", "somebody", False),
        ("push", None, False),
    ],
)
def test_reachability__takes_every_kind_that_the_channel_writes_to(
    channel: str, address: str | None, is_fine: bool
) -> None:
    connection = duckdb.connect()
    connection.execute("CREATE TABLE attempts (seq INTEGER, place UTINYINT, channel TEXT, address TEXT)")
    connection.execute("INSERT INTO attempts VALUES (0, 0, ?, ?)", [channel, address])
    refused = connection.execute(reachability.plugin.withheld(connection)).fetchall()
    assert (refused == []) is is_fine


@pytest.mark.parametrize(
    ("kind", "address"), [("fcm_token", "t:1"), ("apns_token", "ab" * 32), ("web_push", SUBSCRIPTION)]
)
def test_fault__of_a_device_names_its_token(kind: str, address: str) -> None:
    told = {"channel": "push", "suppress_after": 1, kind: address, "message_id": "m"}
    fault = fault_of("e", "Push Notification Bounced", told, datetime(2026, 5, 1))
    assert fault is not None
    assert (fault.channel, fault.address, fault.suppress_after) == ("push", address, 1)


def test_form__of_a_kind_without_one_is_any_text() -> None:
    assert has_form_sql("user_id", "address") == "true"
