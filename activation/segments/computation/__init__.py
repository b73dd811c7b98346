"""Computed attributes: values of a profile that a definition makes of its events.

    definitions = load_attributes(settings)                            # YAML, checked
    attributes = read_attributes(definitions, catalogue, as_of)        # typed, names looked up
    laid = lay_computed(warehouse, attributes.values(), as_of, zone)   # one pass over each event they name

Windows, instants, filters and numbers mean exactly what they mean in segments.
"""

from activation.segments.computation.attribute import COUNTED, ComputedAttribute
from activation.segments.computation.grammar import MEASURES, AttributeBody, json_schema
from activation.segments.computation.laying import Laid, lay_computed
from activation.segments.computation.reading import KIND, load_attributes, read_attribute, read_attributes

__all__ = [
    "COUNTED",
    "KIND",
    "MEASURES",
    "AttributeBody",
    "ComputedAttribute",
    "Laid",
    "json_schema",
    "lay_computed",
    "load_attributes",
    "read_attribute",
    "read_attributes",
]
