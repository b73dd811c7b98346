"""From files to computed attributes; every refusal names file, line and field."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from activation.segments.behaviour_reading import BehaviourReading
from activation.segments.catalogue import Catalogue
from activation.segments.computation.attribute import COUNTED, KINDS, ComputedAttribute
from activation.segments.computation.grammar import OF_EVENTS, TYPES, AttributeBody
from activation.segments.terms import Kind, Operand
from activation.segments.typing_rules import typed
from kith.definitions import Definition, load_kind
from kith.settings import Settings

KIND = "attributes"
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")


def load_attributes(settings: Settings) -> dict[str, Definition[AttributeBody]]:
    """The workspace's definitions by name; two of one name are refused."""
    return {each.name: each for each in load_kind(settings, KIND, AttributeBody)}


def read_attributes(
    definitions: Iterable[Definition[AttributeBody]], catalogue: Catalogue, as_of: datetime
) -> dict[str, ComputedAttribute]:
    """Definitions as engines take them, by name."""
    return {each.name: read_attribute(each, catalogue, as_of) for each in definitions}


def read_attribute(
    definition: Definition[AttributeBody], catalogue: Catalogue, as_of: datetime
) -> ComputedAttribute:
    """One definition. A name that profiles have already, and what doesn't fit its measure, is refused."""
    body = definition.body
    _check_name(definition, catalogue)
    _check_type(definition)
    # Filters know no relative dates; the reading asks for an instant and a zone all the same.
    behaviour = BehaviourReading(definition, as_of, catalogue.zone)
    return ComputedAttribute(
        name=definition.name,
        version=definition.version,
        type=body.type,
        happening=behaviour.happening(body.event, body, ()),
        measure=body.measure,
        keys=behaviour.path(body.of, ("of",)) if body.of else (),
        default=_default(definition, catalogue.zone),
    )


def _check_name(definition: Definition[AttributeBody], catalogue: Catalogue) -> None:
    if not _NAME.match(definition.name):
        raise definition.error(
            f"'{definition.name}' is no name of an attribute",
            ("name",),
            expected="small letters, digits and underscores, such as orders_90d",
        )
    if definition.name in catalogue.columns:
        raise definition.error(
            f"'{definition.name}' is a column of profiles already",
            ("name",),
            way_out="give the attribute another name",
        )


def _check_type(definition: Definition[AttributeBody]) -> None:
    body = definition.body
    if body.type not in TYPES[body.measure]:
        raise definition.error(
            f"the {body.measure} is no {body.type}",
            ("type",),
            expected=" or ".join(TYPES[body.measure]),
        )
    if (body.of is None) != (body.measure in OF_EVENTS):
        if body.of is None:
            raise definition.error(
                "is missing", ("of",), expected=f"the property that the {body.measure} is made of"
            )
        raise definition.error(f"the {body.measure} is made of the events, not of a property", ("of",))


def _default(definition: Definition[AttributeBody], zone: str) -> Operand | None:
    body = definition.body
    if body.default is None:
        return None
    if body.measure in COUNTED:
        if body.default == 0 and not isinstance(body.default, bool):
            return None
        raise definition.error(f"the {body.measure} of no events is 0 and has no default", ("default",))
    kind = Kind.AMOUNT if body.type == "amount" else KINDS[body.type]
    try:
        return typed(body.default, kind, zone)
    except ValueError as error:
        told = str(error).replace("but it is compared with", "but its default is")
        raise definition.error(f"the attribute is a {kind}, {told}", ("default",)) from None
