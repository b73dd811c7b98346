"""A refresh token works once: it is on disk before its access token is used, and workers never spend one twice."""

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import SecretStr

from activation.channels._zalo_token import ZaloToken
from activation.channels.contract import ChannelDown
from kith.clock import WallClock
from sandbox.emulation import Emulation, vendors


@pytest.fixture
def served(tmp_path):
    with Emulation({"zalo": vendors()["zalo"]}, tmp_path / "vendors", WallClock()) as emulation:
        told = emulation.settings

        def token(refresh: str = told["KITH_ZALO_REFRESH_TOKEN"]) -> ZaloToken:
            secret = SecretStr(told["KITH_ZALO_APP_SECRET"])
            file = tmp_path / "secrets" / "zalo.json"
            return ZaloToken(
                told["KITH_ZALO_OAUTH_URL"], told["KITH_ZALO_APP_ID"], secret, SecretStr(refresh), file
            )

        yield token, emulation.office("zalo")


def test_zalo_token__is_renewed_once_by_many_workers(served):
    token, office = served
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda worker: worker.value(), [token() for _ in range(8)]))
    assert len(found) == 1
    assert office.account.count("spent") == 1
    assert office.account.refusals() == []


def test_zalo_token__the_next_refresh_token_is_on_disk_for_its_owner_alone(served):
    token, office = served
    first = token()
    first.value()
    kept = json.loads(first.file.read_text())
    assert kept["refresh_token"] == office.account.rows("refresh")[-1]["key"]
    assert first.file.stat().st_mode & 0o077 == 0
    first.drop()
    assert first.value() != kept["access_token"]
    assert token().value() == first.value()  # a worker that starts later
    assert office.account.count("spent") == 2


def test_zalo_token__of_another_login_begins_anew(served):
    token, _ = served
    token().value()
    with pytest.raises(ChannelDown, match="KITH_ZALO_REFRESH_TOKEN"):
        token("another").value()


def test_zalo_token__that_is_refused_says_to_log_in_and_holds_no_secret(served):
    token, _ = served
    with pytest.raises(ChannelDown) as down:
        token("spent-long-ago").value()
    assert "log in to Zalo anew" in str(down.value)
    assert "spent-long-ago" not in str(down.value)


def test_zalo_token__a_torn_file_is_no_token(served):
    token, office = served
    first = token()
    first.value()
    first.file.write_text('{"first": "')
    with pytest.raises(ChannelDown):  # its refresh token is spent, and what followed is gone
        token().value()
    assert office.account.count("spent") == 1
