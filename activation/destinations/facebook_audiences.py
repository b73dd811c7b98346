"""Facebook custom audiences: people added and removed by hashed identifiers, ten thousand a call.

An audience is a set, so adding or removing again is harmless. Facebook answers how many entries it could not read, and
by design not whom it knows. A field's name says what it is: email, phone, first_name, last_name, city, state, postcode,
country, birth_year, birth_month, birth_day, gender, mobile_id, external_id.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import replace
from hashlib import sha256

import orjson

from activation.destinations._identifiers import META_KEYS, hashed
from activation.destinations._judging import judge_http
from activation.destinations._over_http import OverHttp
from activation.destinations.contract import (
    Answer,
    Batch,
    Capabilities,
    DestinationPlugin,
    Mode,
    Note,
    Operation,
    Row,
    Target,
    TargetError,
    Verdict,
    accepted,
    deferred,
    rejected,
)
from activation.http import Call, Exchange
from kith.settings import Section, environment, read_section

_METHODS = {Operation.ADD: "POST", Operation.REMOVE: "DELETE", Operation.PLACE: "POST"}
_NOBODY = "no_identifier"
#: Codes of the Graph API: our login, and those that pass.
_HALTS = {
    190: "login_refused",
    102: "login_refused",
    10: "not_allowed",
    200: "not_allowed",
    2654: "audience_gone",
}
_LATER = frozenset({1, 2, 4, 17, 32, 341, 613, 80003, 2650})


class FacebookSettings(Section, prefix="KITH_FACEBOOK_ADS_"):
    """A system user's token with ads_management; with the app's secret every call carries a proof of it."""

    token: str
    app_secret: str = ""
    base_url: str = "https://graph.facebook.com"
    version: str = "v25.0"


class FacebookDestination(OverHttp):
    """contract.Destination over /{audience}/users, and /usersreplace for a replacement."""

    def __init__(self, settings: FacebookSettings, target: Target) -> None:
        super().__init__()
        self._settings, self._target = settings, target
        self._fields = [field for field in META_KEYS if field in target.columns]

    def push(self, batch: Batch, note: Note) -> Answer:
        del note
        people = [self._person(row) for row in batch.rows]
        nobody: dict[int, Verdict] = {
            place: rejected(_NOBODY) for place, each in enumerate(people) if not any(each)
        }
        told = [each for each in people if any(each)]
        if not told and not (batch.operation is Operation.PLACE and batch.is_last):
            return Answer(rejected(_NOBODY))
        answer = _judge(self._client.call(self._call(batch, told)))
        return replace(answer, of_row=nobody)

    def _person(self, row: Row) -> Sequence[str]:
        return [_identifier(field, row.fields.get(field)) for field in self._fields]

    def _call(self, batch: Batch, people: Sequence[Sequence[str]]) -> Call:
        body: dict[str, object] = {
            "payload": {"schema": [META_KEYS[field][0] for field in self._fields], "data": people}
        }
        edge = "users"
        if batch.operation is Operation.PLACE:
            edge = "usersreplace"
            body["session"] = {
                "session_id": int(batch.run_id[:12], 16),
                "batch_seq": batch.number + 1,
                "last_batch_flag": batch.is_last,
            }
        settings = self._settings
        if settings.app_secret:
            proof = hmac.new(settings.app_secret.encode(), settings.token.encode(), sha256).hexdigest()
            body["appsecret_proof"] = proof
        url = f"{settings.base_url}/{settings.version}/{self._target.options['audience']}/{edge}"
        headers = {"authorization": f"Bearer {settings.token}", "content-type": "application/json"}
        return Call(_METHODS[batch.operation], url, headers, orjson.dumps(body))


def _identifier(field: str, value: object) -> str:
    _key, normalise, is_hashed = META_KEYS[field]
    text = "" if value is None else normalise(str(value))
    return hashed(text) if is_hashed else text


def _judge(exchange: Exchange) -> Answer:
    """The Graph API says what is the matter by a code of its own, mostly under status 400."""
    error = exchange.json_object().get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if exchange.is_success and code is None:
        return Answer(accepted())
    if isinstance(code, int) and not exchange.may_have_worked:
        if code in _HALTS:
            return Answer(deferred(_HALTS[code], str(code)), is_halt=True)
        if code in _LATER:
            return Answer(deferred("throttled", str(code)), retry_after=exchange.retry_after)
        return Answer(rejected("refused", str(code)), must_split=True)
    return judge_http(exchange)


def _build(target: Target) -> FacebookDestination:
    if unknown := sorted(set(target.columns) - set(META_KEYS)):
        raise TargetError(f"Facebook knows nobody by {', '.join(unknown)}; expected {', '.join(META_KEYS)}")
    return FacebookDestination(read_section(FacebookSettings), target)


def _refine(target: Target, capabilities: Capabilities) -> Capabilities:
    """The batches of a replacement follow one another."""
    return replace(capabilities, in_flight=1) if target.mode is Mode.REPLACE else capabilities


_OPTIONS: Mapping[str, str] = {"audience": "the audience's id"}
plugin = DestinationPlugin(
    name="facebook_audiences",
    capabilities=Capabilities(
        modes=frozenset({Mode.AUDIENCE, Mode.REPLACE}),
        batch_size=10_000,
        in_flight=2,
        repeatable=frozenset({Operation.ADD, Operation.REMOVE, Operation.PLACE}),
        needs_consent=True,
        options=_OPTIONS,
        required=frozenset(_OPTIONS),
    ),
    build=_build,
    is_configured=lambda: bool(environment().get("KITH_FACEBOOK_ADS_TOKEN")),
    refine=_refine,
)
