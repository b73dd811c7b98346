"""Google customer lists through the Data Manager API: ten thousand people a call, their fate told later by request.

A call's answer is a name for the request alone; what became of it is asked for until it is told, by the rows' order in
the request, the only key that there is. The name is kept, so a run that was killed asks on instead of telling again.
Fields: email, phone, first_name and last_name with country and postcode (together), mobile_id.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from activation.destinations import _identifiers as named
from activation.destinations._judging import judge_http
from activation.destinations._over_http import OverHttp, ask_after
from activation.destinations.contract import (
    Answer,
    Batch,
    Capabilities,
    DestinationPlugin,
    Mode,
    Note,
    Operation,
    Target,
    TargetError,
    Verdict,
    accepted,
    deferred,
    rejected,
)
from activation.http import Call, Exchange
from kith.settings import Section, environment, read_section

_FIELDS = ("email", "phone", "first_name", "last_name", "country", "postcode", "mobile_id")
_VERBS = {Operation.ADD: "ingest", Operation.REMOVE: "remove"}
_LOOKS, _SECONDS = 30, 2.0


class GoogleSettings(Section, prefix="KITH_GOOGLE_AUDIENCES_"):
    """`token` is an access token; or `key_file` a service account's key, from which tokens are made."""

    token: str = ""
    key_file: str = ""
    base_url: str = "https://datamanager.googleapis.com"
    look_seconds: float = _SECONDS


@dataclass
class _Login:
    """An access token; made anew before it expires."""

    settings: GoogleSettings
    credentials: Any = None

    def header(self) -> str:
        if self.settings.token:
            return f"Bearer {self.settings.token}"
        if self.credentials is None:
            from google.oauth2 import service_account

            scopes = ["https://www.googleapis.com/auth/datamanager"]
            self.credentials = service_account.Credentials.from_service_account_file(
                self.settings.key_file, scopes=scopes
            )
        if not self.credentials.valid:
            from google.auth.transport.requests import Request

            self.credentials.refresh(Request())
        return f"Bearer {self.credentials.token}"


class GoogleDestination(OverHttp):
    """contract.Destination over audienceMembers and requestStatus."""

    def __init__(self, settings: GoogleSettings, target: Target) -> None:
        super().__init__()
        self._settings, self._target, self._login = settings, target, _Login(settings)

    def push(self, batch: Batch, note: Note) -> Answer:
        members = [_member(row.fields) for row in batch.rows]
        nobody: dict[int, Verdict] = {
            place: rejected("no_identifier") for place, each in enumerate(members) if each is None
        }
        places = [place for place, each in enumerate(members) if each is not None]
        if not places:
            return Answer(rejected("no_identifier"))
        request_id = batch.token
        if not request_id:
            exchange = self._tell(batch, [each for each in members if each is not None])
            answer = _judge(exchange)
            if answer.of_all != accepted():
                return replace(answer, of_row=nobody)
            request_id = str(exchange.json_object().get("requestId", ""))
            note(request_id)
        return self._await(request_id, places, nobody)

    def _tell(self, batch: Batch, members: Sequence[Mapping[str, Any]]) -> Exchange:
        options = self._target.options
        destination = {
            "operatingAccount": {"accountType": "GOOGLE_ADS", "accountId": options["account"]},
            "productDestinationId": options["list"],
        }
        if "login_account" in options:
            destination["loginAccount"] = {"accountType": "GOOGLE_ADS", "accountId": options["login_account"]}
        body: dict[str, Any] = {"destinations": [destination], "audienceMembers": members, "encoding": "HEX"}
        if batch.operation is Operation.ADD:
            granted = "CONSENT_GRANTED"
            body["consent"] = {"adUserData": granted, "adPersonalization": granted}
            body["termsOfService"] = {"customerMatchTermsOfServiceStatus": "ACCEPTED"}
        url = f"{self._settings.base_url}/v1/audienceMembers:{_VERBS[batch.operation]}"
        return self._client.call(Call("POST", url, self._headers(), orjson.dumps(body)))

    def _await(self, request_id: str, places: Sequence[int], nobody: Mapping[int, Verdict]) -> Answer:
        """Ask until it is told; still at work after a while, the batch waits under its name."""
        url = f"{self._settings.base_url}/v1/requestStatus:retrieve?requestId={request_id}"
        answer = ask_after(
            lambda: self._client.call(Call("GET", url, self._headers())),
            lambda exchange: _told(exchange, places),
            _LOOKS,
            self._settings.look_seconds,
        )
        return replace(answer, of_row={**answer.of_row, **nobody})

    def _headers(self) -> Mapping[str, str]:
        return {"authorization": self._login.header(), "content-type": "application/json"}


def _told(exchange: Exchange, places: Sequence[int]) -> Answer | None:
    """What became of one request; None while it is at work."""
    found = exchange.json_object().get("requestStatusPerDestination")
    states = [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
    if not states or any(each.get("requestStatus") == "PROCESSING" for each in states):
        return None
    (state, *_others) = states
    rows: dict[int, Verdict] = {}
    for count in state.get("errorInfo", {}).get("errorCounts", []):
        reason = str(count.get("reason", "")).removeprefix("PROCESSING_ERROR_REASON_")[:32]
        for index in count.get("recordIndices", []):
            if str(index).isdigit() and int(index) < len(places):
                rows[places[int(index)]] = rejected("row_refused", reason)
    status = state.get("requestStatus")
    if status == "FAILED" and not rows:
        return Answer(rejected("request_failed"))
    return Answer(accepted(), rows)


def _member(fields: Mapping[str, Any]) -> dict[str, Any] | None:
    """One person as Google wants them; None where nothing names them."""
    said = {name: str(value) for name, value in fields.items() if value is not None}
    if mobile := said.get("mobile_id", "").strip():
        return {"mobileData": {"mobileIds": [mobile]}}
    identifiers: list[dict[str, Any]] = []
    if email := named.hashed(named.email_for_google(said.get("email", ""))):
        identifiers.append({"emailAddress": email})
    if phone := named.hashed(named.phone_for_google(said.get("phone", ""))):
        identifiers.append({"phoneNumber": phone})
    address = {
        "givenName": named.hashed(named.name_for_google(said.get("first_name", ""))),
        "familyName": named.hashed(named.name_for_google(said.get("last_name", ""))),
        "regionCode": named.country(said.get("country", "")).upper(),
        "postalCode": said.get("postcode", "").strip(),
    }
    if all(address.values()):
        identifiers.append({"address": address})
    return {"userData": {"userIdentifiers": identifiers}} if identifiers else None


def _judge(exchange: Exchange) -> Answer:
    error = exchange.json_object().get("error")
    status = error.get("status") if isinstance(error, dict) else ""
    if status == "RESOURCE_EXHAUSTED":
        return Answer(deferred("throttled", "RESOURCE_EXHAUSTED"), retry_after=exchange.retry_after)
    return judge_http(exchange)


def _build(target: Target) -> GoogleDestination:
    if unknown := sorted(set(target.columns) - set(_FIELDS)):
        raise TargetError(f"Google knows nobody by {', '.join(unknown)}; expected {', '.join(_FIELDS)}")
    settings = read_section(GoogleSettings)
    if not (settings.token or settings.key_file):
        from kith.errors import KithError

        raise KithError("KITH_GOOGLE_AUDIENCES_KEY_FILE is not set", way_out="see .env.example")
    return GoogleDestination(settings, target)


plugin = DestinationPlugin(
    name="google_audiences",
    capabilities=Capabilities(
        modes=frozenset({Mode.AUDIENCE}),
        batch_size=10_000,
        in_flight=4,
        repeatable=frozenset({Operation.ADD, Operation.REMOVE}),
        needs_consent=True,
        options={
            "account": "the Google Ads account",
            "list": "the customer list's id",
            "login_account": "the manager account that signs in",
        },
        required=frozenset({"account", "list"}),
    ),
    build=_build,
    is_configured=lambda: any(
        environment().get(f"KITH_GOOGLE_AUDIENCES_{name}") for name in ("TOKEN", "KEY_FILE")
    ),
)
