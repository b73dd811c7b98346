"""Requests as a worker makes them, and an emulated vendor to send them to."""

import json
from datetime import UTC, datetime

from activation.channels.contract import Permission, Request
from activation.gates.contract import _POLICY_SEAL
from kith.ids import stable_id
from kith.settings import PROJECT

SPECS = PROJECT.parent / "shared" / "specs"
DECIDED = datetime(2026, 5, 1, 8, tzinfo=UTC)


def request(address, number=0, **changed):
    """One rendered message with the leave to send it."""
    message_id = stable_id("push", address, str(number))
    permission = Permission(_POLICY_SEAL, message_id, "consent", "")
    values = {"subject": "Hello", "text": "Your order has left.", "dated_at": DECIDED, **changed}
    return Request(message_id, permission, address, **values)


def discovery_schema(name, root):
    """A Google discovery document as JSON Schema: unknown names are refused."""
    document = json.loads((SPECS / name).read_text())

    def turned(node):
        if isinstance(node, list):
            return [turned(each) for each in node]
        if not isinstance(node, dict):
            return node
        kept = {
            key: turned(value) for key, value in node.items() if key not in ("id", "readOnly", "deprecated")
        }
        if isinstance(kept.get("$ref"), str):
            kept["$ref"] = f"#/$defs/{kept['$ref']}"
        if kept.get("type") == "any":
            del kept["type"]
        if isinstance(kept.get("properties"), dict):
            kept["additionalProperties"] = False
        return kept

    return {
        "$ref": f"#/$defs/{root}",
        "$defs": {key: turned(value) for key, value in document["schemas"].items()},
    }
