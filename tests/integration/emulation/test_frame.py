"""The frame of emulated vendors: every fault is what it says, and the account tells what took effect."""

import json
from collections import Counter

import pytest

from activation.http import Call, Fate, HttpClient
from sandbox.emulation import Callback, Emulation, Fault, Faults, Refusal, Reply, Route, Vendor, vendors


def _echo(office):
    def take(call):
        if not call.body:
            raise Refusal("empty", Reply(400, {"error": "empty"}))
        office.take("message", call.parts["to"], {"body": call.body.decode()})
        return Reply(200, {"id": office.name_of("message"), "n": office.account.count("message")})

    return [Route("POST", "/v1/{to}/messages:send", take)]


ECHO = Vendor(
    "echo", _echo, lambda url, office: {"KITH_ECHO_URL": url, "KITH_ECHO_KEY": office.secret("key")}
)


@pytest.fixture
def serve(tmp_path, clock):
    from contextlib import ExitStack

    with ExitStack() as stack:

        def start(vendor=ECHO, timeout=2, **given):
            client = stack.enter_context(HttpClient(timeout=timeout))
            return stack.enter_context(
                Emulation({vendor.name: vendor}, tmp_path / "vendors", clock, **given)
            ), client

        yield start


def _call(emulation, to="ann", body=b"hello"):
    return Call("POST", f"{emulation.url('echo')}/v1/{to}/messages:send", {}, body)


def test_emulation__takes_what_is_right_and_refuses_what_is_not(serve):
    emulation, client = serve()
    fine, empty = client.call_all([_call(emulation, "a%2Fb"), _call(emulation, body=b"")])
    assert (fine.status, fine.json()["n"], empty.status) == (200, 1, 400)
    assert client.call(Call("GET", _call(emulation).url)).headers["allow"] == "POST"
    assert client.call(Call("GET", f"{emulation.url('echo')}/else")).status == 404
    account = emulation.office("echo").account
    assert account.rows("message") == [{"kind": "message", "key": "a/b", "body": "hello"}]
    assert account.refusals() == ["empty", "method_not_allowed", "no_such_path"]


# fault → (fate, status, effects)
EXPECTED = {
    Fault.THROTTLED: (Fate.ANSWERED, 429, 0),
    Fault.UNAVAILABLE: (Fate.ANSWERED, 503, 0),
    Fault.GATEWAY: (Fate.ANSWERED, 502, 0),
    Fault.RESET: (Fate.LOST, 0, 0),
    Fault.TIMEOUT: (Fate.LOST, 0, 1),
    Fault.CUT: (Fate.LOST, 0, 1),
    Fault.ERROR: (Fate.ANSWERED, 500, 1),
    Fault.HALF: (Fate.LOST, 200, 1),
    Fault.SLOW: (Fate.LOST, 200, 1),
}


@pytest.mark.parametrize("fault", Fault)
def test_fault__is_what_it_says_and_the_client_tells_it_apart(serve, fault):
    emulation, client = serve(faults=Faults({fault: 1.0}, hold=3.0), timeout=2)
    exchange = client.call(_call(emulation))
    fate, status, effects = EXPECTED[fault]
    assert (exchange.fate, exchange.status) == (fate, status)
    assert exchange.may_have_worked or not effects
    assert emulation.office("echo").account.count("message") == effects
    assert exchange.retry_after == (1.0 if fault is Fault.THROTTLED else None)


def test_faults__strike_the_share_that_was_asked_for(serve):
    faults = Faults({Fault.THROTTLED: 0.1, Fault.CUT: 0.1})
    emulation, client = serve(faults=faults, timeout=30)
    told = client.call_all([_call(emulation, f"p{n}") for n in range(1000)])
    fates = Counter((each.fate, each.status) for each in told)
    assert 70 < fates[Fate.ANSWERED, 429] == faults.met[Fault.THROTTLED] < 130
    assert 70 < fates[Fate.LOST, 0] == faults.met[Fault.CUT] < 130
    assert emulation.office("echo").account.count("message") == 1000 - faults.met[Fault.THROTTLED]


def test_emulation__keeps_its_rate(serve):
    emulation, client = serve(Vendor("echo", _echo, rate=1.0, burst=5.0))
    told = client.call_all([_call(emulation) for _ in range(20)])
    assert Counter(each.status for each in told)[200] in (5, 6)
    assert all(each.retry_after == 1.0 for each in told if each.status == 429)


def test_account__outlives_its_server(serve):
    emulation, client = serve()
    client.call(_call(emulation))
    emulation.office("echo").account.close()
    again, client = serve()
    assert again.office("echo").account.copies("message") == {"ann": 1}
    client.call(_call(again))
    assert again.office("echo").account.copies("message") == {"ann": 2}


def test_vendor__calls_back_until_it_hears_yes(serve):
    """The platform here is another vendor, which says no twice."""
    heard = []

    def platform(office):
        def hear(call):
            heard.append((call.header("x-signed"), call.body))
            return Reply(200 if len(heard) == 3 else 503)

        return [Route("POST", "/hook", hear)]

    emulation, _client = serve(Vendor("platform", platform))
    emulation.caller.wait = 0.01
    emulation.call_back(Callback(f"{emulation.url('platform')}/hook", b"it", {"x-signed": "yes"}))
    _until(lambda: not emulation.caller.open_calls and len(heard) == 3)
    assert heard == [("yes", b"it")] * 3
    assert emulation.caller.told == {503: 2, 200: 1}


def test_emulation__over_http2(serve):
    import httpx

    emulation, _client = serve(Vendor("echo", _echo, is_http2=True))
    with httpx.Client(http1=False, http2=True) as client:
        url = _call(emulation).url
        told = [client.post(url, content=b"x" * size) for size in (1, 100_000)]
        assert [each.json()["n"] for each in told] == [1, 2]
        assert {each.http_version for each in told} == {"HTTP/2"}
        assert client.post(url).status_code == 400
        emulation.faults.shares = {Fault.HALF: 1.0}
        with pytest.raises(httpx.RemoteProtocolError):
            client.post(url, content=b"x")


def test_vendors__are_found_by_their_files_and_tell_their_settings(tmp_path, clock):
    with Emulation(vendors(), tmp_path, clock) as emulation:
        settings = emulation.settings
    assert settings["KITH_WEBHOOK_URL"].endswith("/webhook/events")
    assert all(name.startswith("KITH_") for name in settings)
    assert json.dumps(settings)


def _until(is_true, seconds=5.0):
    import time

    end = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.005)
