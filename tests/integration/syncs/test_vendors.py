"""Every vendor's destination against its emulator: rows taken once, bad rows named, faults survived, schemas kept."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from activation.destinations._identifiers import hashed
from activation.syncs.listing import dead_letters
from activation.syncs.planning import Consents
from kith.errors import KithError
from kith.settings import PROJECT
from sandbox.emulation import Emulation, Fault, Faults, vendors
from tests.integration.syncs.sync_world import define, publish, run

NAMES = ("hubspot", "salesforce", "klaviyo", "facebook_audiences", "google_audiences")
CONSENT = {"purpose": "advertising", "channel": "ads"}
DEFINITIONS = {
    "hubspot": {"mode": "mirror", "key": "email", "fields": {"email": "email", "firstname": "first_name"}},
    "salesforce": {
        "mode": "mirror",
        "key": "Kith_Id__c",
        "fields": {"Kith_Id__c": "id", "Email": "email", "FirstName": "first_name"},
        "options": {"object": "Contact"},
    },
    "klaviyo": {"mode": "audience", "fields": ["email", "first_name"], "options": {"list": "L1"}},
    "facebook_audiences": {
        "mode": "audience",
        "fields": ["email", "phone"],
        "options": {"audience": "42"},
        "consent": CONSENT,
    },
    "google_audiences": {
        "mode": "audience",
        "fields": ["email", "phone"],
        "options": {"account": "1", "list": "2"},
        "consent": CONSENT,
    },
}
KINDS = {
    "hubspot": ("contact", "archived"),
    "salesforce": ("record", "deleted"),
    "klaviyo": ("listed", "unlisted"),
    "facebook_audiences": ("added", "removed"),
    "google_audiences": ("added", "removed"),
}
#: Facebook tells by design not whom it doesn't know.
NAMES_BAD_ROWS = ("hubspot", "salesforce", "klaviyo")


def people(count: int, *, bad: int | None = None) -> list[dict]:
    return [
        {
            "id": f"c{n}",
            "profile_id": f"c{n}",
            "email": f"{'unknown' if n == bad else 'p'}{n}@shop.example",
            "first_name": f"Ann{n}",
            "phone": f"+4915112345{n:03d}",
        }
        for n in range(count)
    ]


def tables(rows: list[dict]) -> dict:
    return {
        "people": rows,
        "consents": [{**CONSENT, "profile_id": row["id"], "is_granted": True} for row in rows],
    }


@pytest.fixture
def faults() -> Faults:
    return Faults()


@pytest.fixture
def emulation(tmp_path: Path, clock, faults, monkeypatch):
    served = {name: vendor for name, vendor in vendors().items() if name in NAMES}
    with Emulation(served, tmp_path / "vendors", clock, faults=faults) as running:
        for name, value in running.settings.items():
            monkeypatch.setenv(name, value)
        yield running


def _world(settings, monkeypatch, name):
    return define(settings, monkeypatch, to=name, **DEFINITIONS[name])


@pytest.mark.parametrize("name", NAMES)
def test_destination__takes_rows_once_and_lets_go_of_what_we_sent(
    settings, monkeypatch, clock, emulation, name
):
    world, account, (arrived, left) = (
        _world(settings, monkeypatch, name),
        emulation.office(name).account,
        KINDS[name],
    )
    publish(world, clock, tables(people(230)))
    assert run(world, clock).outcomes == {"accepted": 230}
    assert set(account.copies(arrived).values()) == {1}
    assert account.count(arrived) == 230
    assert run(world, clock).state == "unchanged"
    publish(world, clock, tables(people(225)))
    assert run(world, clock, consents=Consents(removal=True)).outcomes == {"accepted": 5}
    assert account.count(left) == 5
    assert account.refusals() == []


@pytest.mark.parametrize("name", NAMES_BAD_ROWS)
def test_destination__names_the_row_that_was_refused(settings, monkeypatch, clock, emulation, name):
    world = _world(settings, monkeypatch, name)
    publish(world, clock, tables(people(30, bad=7)))
    assert run(world, clock).outcomes == {"accepted": 29, "rejected": 1}
    (letter,) = dead_letters(world, "people", 10)
    assert "unknown7" in letter["row_key"] or letter["row_key"] == "c7"
    assert letter["detail"] == "row_refused"
    assert letter["provider_code"]


@pytest.mark.parametrize("name", NAMES)
def test_destination__loses_nothing_to_faults(settings, monkeypatch, clock, emulation, faults, name):
    classes = (
        Fault.THROTTLED,
        Fault.UNAVAILABLE,
        Fault.GATEWAY,
        Fault.RESET,
        Fault.CUT,
        Fault.ERROR,
        Fault.HALF,
    )
    faults.shares, faults.retry_after = dict.fromkeys(classes, 0.04), 0
    world, (arrived, _left) = _world(settings, monkeypatch, name), KINDS[name]
    publish(world, clock, tables(people(300)))
    reports = [run(world, clock)]
    while reports[-1].state == "unfinished" and len(reports) < 12:
        reports.append(run(world, clock))
    assert reports[-1].outcomes == {"accepted": 300}
    told = set(emulation.office(name).account.copies(arrived))
    assert len(told) == 300, "each took effect, told again or not"


@pytest.mark.parametrize("name", NAMES)
def test_destination__a_wrong_login_stops_the_run_and_loses_nothing(
    settings, monkeypatch, clock, emulation, name
):
    world = _world(settings, monkeypatch, name)
    secret = next(
        each
        for each in emulation.settings
        if name.split("_")[0].upper() in each and each.endswith(("TOKEN", "KEY"))
    )
    right = emulation.settings[secret]
    monkeypatch.setenv(secret, "wrong")
    publish(world, clock, tables(people(20)))
    assert run(world, clock).state == "unfinished"
    monkeypatch.setenv(secret, right)
    assert run(world, clock).outcomes == {"accepted": 20}


@pytest.mark.parametrize("name", NAMES)
def test_destination__a_missing_setting_is_named_before_anything_is_planned(
    settings, monkeypatch, clock, name
):
    world = _world(settings, monkeypatch, name)
    publish(world, clock, tables(people(3)))
    with pytest.raises(KithError, match=r"KITH_[A-Z_]+ is not set"):
        run(world, clock)


@pytest.mark.parametrize("name", ["facebook_audiences", "google_audiences"])
def test_advertisers__get_nobody_without_consent_and_nothing_unhashed(
    settings, monkeypatch, clock, emulation, name
):
    told = {**DEFINITIONS[name]}
    told.pop("consent")
    world = define(settings, monkeypatch, to=name, **told)
    publish(world, clock, tables(people(3)))
    with pytest.raises(KithError, match="names no consent"):
        run(world, clock)
    world = _world(settings, monkeypatch, name)
    assert run(world, clock).outcomes == {"accepted": 3}
    effects = (emulation.office(name).folder / "effects.jsonl").read_text()
    assert "@shop.example" not in effects
    assert hashed("p1@shop.example") in effects
    phone = {"facebook_audiences": "4915112345001", "google_audiences": "+4915112345001"}[name]
    assert hashed(phone) in effects


def test_google__a_killed_wait_asks_on_under_the_same_name(settings, monkeypatch, clock, emulation):
    from activation.destinations import google_audiences

    world = _world(settings, monkeypatch, "google_audiences")
    publish(world, clock, tables(people(5)))
    monkeypatch.setattr(google_audiences, "_LOOKS", 0)
    assert run(world, clock).state == "unfinished"
    monkeypatch.setattr(google_audiences, "_LOOKS", 30)
    assert run(world, clock).outcomes == {"accepted": 5}
    account = emulation.office("google_audiences").account
    assert account.count("request") == 1, "told once, however often it was asked for"
    assert set(account.copies("added").values()) == {1}


def test_facebook__a_replacement_is_one_session_in_order(settings, monkeypatch, clock, emulation):
    world = define(
        settings, monkeypatch, to="facebook_audiences", mode="replace", key="email",
        fields=["email", "phone"], options={"audience": "42"}, consent=CONSENT,
    )  # fmt: skip
    publish(world, clock, tables(people(12)))
    assert run(world, clock).outcomes == {"accepted": 12}
    sessions = [row["session"] for row in emulation.office("facebook_audiences").account.rows("placed")]
    assert {each["session_id"] for each in sessions} == {sessions[0]["session_id"]}
    assert sessions[-1]["last_batch_flag"]


def _specs(name: str) -> Path:
    path = PROJECT.parent / "shared" / "specs" / name
    if not path.is_file():
        pytest.skip("the vendors' schemas are not beside this checkout")
    return path


def _bodies(monkeypatch, settings, clock, name) -> list[dict]:
    """The bodies that a run sends."""
    from activation.http import ThreadClient

    sent, original = [], ThreadClient.call
    monkeypatch.setattr(ThreadClient, "call", lambda self, call: sent.append(call) or original(self, call))
    world = _world(settings, monkeypatch, name)
    publish(world, clock, tables(people(3)))
    run(world, clock)
    return [json.loads(call.body) for call in sent if call.method == "POST"]


def test_hubspot__requests_are_valid_by_its_schema(settings, monkeypatch, clock, emulation):
    import jsonschema

    spec = json.loads(_specs("hubspot_contacts_v3.json").read_text())
    path = next(each for each in spec["paths"] if each.endswith("/batch/upsert"))
    schema = spec["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": spec["components"]}
    for body in _bodies(monkeypatch, settings, clock, "hubspot"):
        jsonschema.Draft202012Validator(whole).validate(body)


def test_klaviyo__requests_are_valid_by_its_schema(settings, monkeypatch, clock, emulation):
    import jsonschema

    (file,) = sorted(_specs("README.md").parent.glob("klaviyo*.json"))
    spec = json.loads(file.read_text())
    path = next(each for each in spec["paths"] if each.rstrip("/").endswith("/profile-bulk-import-jobs"))
    schema = next(iter(spec["paths"][path]["post"]["requestBody"]["content"].values()))["schema"]
    whole = {**schema, "components": spec["components"]}
    for body in _bodies(monkeypatch, settings, clock, "klaviyo"):
        jsonschema.Draft202012Validator(whole).validate(body)


def test_google__requests_are_valid_by_its_discovery_document(settings, monkeypatch, clock, emulation):
    import jsonschema

    told = json.loads(_specs("datamanager.v1.json").read_text())
    schemas = {name: _closed(each) for name, each in told["schemas"].items()}
    whole = {"$ref": "#/$defs/IngestAudienceMembersRequest", "$defs": schemas}
    for body in _bodies(monkeypatch, settings, clock, "google_audiences"):
        jsonschema.Draft202012Validator(whole).validate(body)


def _closed(schema):
    """A discovery document's schema as JSON Schema; nothing unknown passes."""
    if isinstance(schema, list):
        return [_closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if isinstance(schema.get("$ref"), str):
        return {"$ref": "#/$defs/" + schema["$ref"]}
    left_out = {"id", "readOnly", "deprecated", "format", "description", "enumDescriptions"}
    kept = {name: _closed(each) for name, each in schema.items() if name not in left_out}
    if isinstance(schema.get("properties"), dict):
        kept["properties"] = {name: _closed(each) for name, each in schema["properties"].items()}
        kept.setdefault("additionalProperties", False)
    return kept
