"""A funnel that somebody draws up: plain data that a form fills in, a link carries and a file keeps."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from dashboards.canvas.writing import retold
from kith.definitions import Definition, definition_files, load_definition
from kith.errors import KithError
from kith.settings import Settings
from measurement.funnels import Funnel

KIND = "funnels"
Document = dict[str, Any]
#: A link longer than this isn't carried by every mail programme.
LONGEST_LINK = 1_800
#: What an unpacked link may say at most: a funnel is far shorter, and a link comes from anywhere.
MOST_UNPACKED = 20_000

#: Where a new funnel begins.
BLANK: Document = {
    "name": "my_funnel",
    "order": "ordered",
    "within": "7d",
    "period": "90d",
    "steps": [{"event": "Product Viewed"}, {"order": "completed"}],
}


def saved_funnels(settings: Settings) -> tuple[dict[str, Definition[Funnel]], list[KithError]]:
    """Those that can be read, by name, and what is wrong with the others."""
    found: dict[str, Definition[Funnel]] = {}
    faults: list[KithError] = []
    for path in definition_files(settings, KIND):
        try:
            definition = load_definition(path, Funnel, kind=KIND)
            found.setdefault(definition.name, definition)
        except KithError as error:
            faults.append(error)
    return found, faults


def read_funnel(document: Mapping[str, Any]) -> Funnel:
    """The checked funnel. Raises KithError with what to mend, in words."""
    try:
        return Funnel.model_validate(dict(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = " ".join(str(each + 1 if isinstance(each, int) else each) for each in first["loc"])
        raise KithError(first["msg"].removeprefix("Value error, "), where=place or None) from None


def pack(document: Mapping[str, Any]) -> str:
    """As text for an address."""
    told = json.dumps(document, separators=(",", ":"), ensure_ascii=False, sort_keys=True)
    return base64.urlsafe_b64encode(zlib.compress(told.encode(), 9)).decode().rstrip("=")


def unpack(text: str) -> Document:
    """What `pack` wrote. Raises KithError for a link that was cut or made up."""
    try:
        packed = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        told = zlib.decompressobj().decompress(packed, MOST_UNPACKED)
        document = json.loads(told)
    except (binascii.Error, ValueError, zlib.error, RecursionError):
        raise KithError("this link holds no funnel", way_out="copy it anew, in full") from None
    if not isinstance(document, dict):
        raise KithError("this link holds no funnel", way_out="copy it anew, in full")
    return document


def funnel_text(text: str, document: Mapping[str, Any]) -> str:
    """The text of its file, with the comments that it has; of a new one, keys in the order in which people read them."""
    import yaml

    order = ("name", "description", "order", "within", "period", "attempts", "breakdown", "steps")
    told = {key: document[key] for key in order if document.get(key) not in (None, "")}
    anew = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, default_flow_style=False, width=100)
    return retold(text, told, anew)
