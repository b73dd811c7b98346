"""What is sent stands in the vendor's own published schema, and the emulated vendor refuses what does not."""

import json
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import parse_qsl

import jsonschema
import pytest
import yaml
from pydantic import SecretStr, ValidationError

from activation.channels._phones import PhoneSettings
from activation.channels._twilio import TwilioSettings
from activation.channels._vonage import VonageSettings
from activation.channels.contract import Action, Media
from activation.channels.sms_twilio import TwilioMessages
from activation.channels.sms_vonage import VonageSms
from activation.channels.voice_twilio import TwilioCalls
from activation.channels.whatsapp_cloud import WhatsAppCloud, WhatsAppSettings
from sandbox.vendors._whatsapp_shapes import Message
from tests.unit.channels.messages import DECIDED, request_for, specs

PHONES = PhoneSettings()
CALLBACK = "https://shop.example/webhooks/x"
TWILIO = TwilioSettings(
    account_sid="AC" + "0" * 32, auth_token=SecretStr("t"), sender="+12025550100", caller="+12025550100"
)
VONAGE = VonageSettings(api_key="abcd1234", api_secret=SecretStr("secret12"), sender="Shop")
WHATSAPP = WhatsAppCloud(WhatsAppSettings(access_token=SecretStr("t"), phone_number_id="1"), PHONES)
PICTURE = (Media("https://shop.example/a.jpg"),)
BUTTONS = (Action("Yes"), Action("No"))


@pytest.fixture(scope="module")
def published():
    """Reads one published schema; skips where the folder is not beside the checkout."""
    folder = specs()
    if folder is None:
        pytest.skip("the published schemas (../shared/specs) are not beside this checkout")

    @cache  # the largest has 30,000 lines
    def read(name: str) -> dict[str, Any]:
        text = (folder / name).read_text(encoding="utf-8")
        return json.loads(text) if name.endswith(".json") else yaml.load(text, yaml.CSafeLoader)

    return read


def _form(call) -> dict[str, Any]:
    """A form as the schema sees it: repeated names are lists, numbers are numbers."""
    found: dict[str, Any] = {}
    for name, value in parse_qsl(call.body.decode(), keep_blank_values=True):
        found.setdefault(name, []).append(value)
    return found


def _typed(form: dict[str, list[str]], properties: dict[str, Any]) -> dict[str, Any]:
    typed: dict[str, Any] = {}
    for name, values in form.items():
        kind = properties[name].get("type")
        typed[name] = values if kind == "array" else int(values[0]) if kind == "integer" else values[0]
        if kind == "boolean":
            typed[name] = values[0] == "true"
        assert kind == "array" or len(values) == 1
    return typed


def _check_form(call, schema: dict[str, Any], document: dict[str, Any]) -> None:
    closed = {**schema, "additionalProperties": False, "components": document["components"]}
    typed = _typed(_form(call), schema["properties"])
    jsonschema.Draft202012Validator(closed).validate(typed)


TEXTS = [
    {},
    {"callback_url": CALLBACK, "not_after": None},
    {"text": "Grüße aus Köln 🌷" * 20},
    {"not_after": DECIDED + timedelta(seconds=1)},
]


@pytest.mark.parametrize("given", [*TEXTS, {"media": PICTURE}, {"options": {"content_sid": "HX" + "0" * 32}}])
def test_sms_twilio__a_request_stands_in_twilios_schema(given, published):
    document = published("twilio_api_v2010.json")
    path = document["paths"]["/2010-04-01/Accounts/{AccountSid}/Messages.json"]["post"]
    schema = path["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    _check_form(TwilioMessages(TWILIO, PHONES).prepare(request_for(**given)), schema, document)


@pytest.mark.parametrize(
    "given", [{}, {"callback_url": CALLBACK}, {"options": {"machine": "skip", "voice": "Polly"}}]
)
def test_voice_twilio__a_request_stands_in_twilios_schema(given, published):
    document = published("twilio_api_v2010.json")
    path = document["paths"]["/2010-04-01/Accounts/{AccountSid}/Calls.json"]["post"]
    schema = path["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    _check_form(TwilioCalls(TWILIO, PHONES).prepare(request_for(**given)), schema, document)


@pytest.mark.parametrize("given", TEXTS)
def test_sms_vonage__a_request_stands_in_vonages_schema(given, published):
    document = published("vonage_sms_1.0.10.yml")
    schema = document["components"]["schemas"]["NewMessage"]
    _check_form(VonageSms(VONAGE, PHONES).prepare(request_for(**given)), schema, document)


# What may be sent over WhatsApp, by kind.
MESSAGES = [
    {},
    {"text": "See https://shop.example"},
    {"media": PICTURE},
    {"media": PICTURE, "text": ""},
    {"media": (Media("https://shop.example/a.pdf", "document", "bill.pdf"),)},
    {"media": (Media("https://shop.example/a.mp3", "audio"),), "text": ""},
    {"actions": BUTTONS},
    {"actions": BUTTONS, "media": PICTURE},
    {"actions": tuple(Action(f"Size {n}") for n in range(10)), "options": {"menu": "Sizes"}},
    {"options": {"template": "spring", "language": "de"}},
    {"options": {"template": "spring", "body_1": "An", "body_2": "5\n%", "button_3": "x"}, "locale": "pt-BR"},
    {"options": {"template": "spring", "button_2": "yes", "button_2_type": "quick_reply"}, "locale": "de"},
    {"options": {"template": "spring"}, "locale": "de", "media": PICTURE},
]
# Members of an allOf that forbid what the others allow can't all hold: they are read as one object. `index` has a
# pattern of page numbers from a document, which "0", its own example, does not match. And the interface takes our
# own word for its statuses, which this version of the document names for calls alone.
_FREE = {"biz_opaque_callback_data": {"type": "string", "maxLength": 512}}


def _readable(found: Any) -> Any:
    if isinstance(found, list):
        return [_readable(each) for each in found]
    if not isinstance(found, dict):
        return found
    told = {
        name: _readable(value) for name, value in found.items() if name not in ("discriminator", "example")
    }
    if told.get("pattern") == "^[2-6, 11-14]$":
        told["pattern"] = "^[0-9]$"
    if "allOf" in told:
        closed = any(part.pop("additionalProperties", True) is False for part in told["allOf"])
        if closed:
            told["unevaluatedProperties"] = False
            told["allOf"].append({"properties": _FREE})
    return told


def _whatsapp_schema(document: dict[str, Any]) -> dict[str, Any]:
    return {
        **_readable(document["components"]["schemas"]["Message"]),
        "components": _readable(document["components"]),
    }


@pytest.mark.parametrize("given", MESSAGES)
def test_whatsapp_cloud__a_message_stands_in_metas_schema(given, published):
    schema = _whatsapp_schema(published("whatsapp_business_messaging_v23.yaml"))
    message = json.loads(WHATSAPP.prepare(request_for(**given)).body)
    jsonschema.Draft202012Validator(schema).validate(message)


def _without(message: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key != name}


WRONG = {
    "no recipient": lambda told: _without(told, "to"),
    "no kind": lambda told: _without(told, "type"),
    "another product": lambda told: {**told, "messaging_product": 1},
    "an unknown name": lambda told: {**told, "sender": "x"},
    "a kind without its part": lambda told: {**told, "type": "image"},
    "text that is none": lambda told: {**told, "text": {"body": 5}},
}


@pytest.mark.parametrize("name", sorted(WRONG))
def test_whatsapp_emulator__refuses_what_metas_schema_refuses(name, published):
    schema = _whatsapp_schema(published("whatsapp_business_messaging_v23.yaml"))
    message = json.loads(WHATSAPP.prepare(request_for()).body)
    Message.model_validate(message)
    wrong = WRONG[name](message)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(wrong)
    with pytest.raises(ValidationError):
        Message.model_validate(wrong)
