"""From the values of a file to values that can be compared: one text per field, null where nothing is known."""

from __future__ import annotations

from identity.matching.comparisons import Field
from identity.matching.mapping import Column, Mapping
from kith.warehouse import literal, quote

_PLAIN = "regexp_replace(lower(strip_accents(trim({raw}))), '\\s+', ' ', 'g')"
FORMS = {
    "first_name": "trim(regexp_replace({plain}, '[^\\p{{L}} ]', '', 'g'))",
    "last_name": "trim(regexp_replace({plain}, '[^\\p{{L}} ]', '', 'g'))",
    "name": "trim(regexp_replace(regexp_replace({plain}, '[^\\p{{L}} ]', ' ', 'g'), ' +', ' ', 'g'))",
    "date": "regexp_replace({plain}, '[^0-9]', '', 'g')",
    "email": "replace({plain}, ' ', '')",
    "phone": "regexp_replace(regexp_replace({plain}, '[^0-9]', '', 'g'), '^00', '')",
    "postcode": "regexp_replace({plain}, '[^\\p{{L}}0-9]', '', 'g')",
    "id": "regexp_replace({plain}, '[^\\p{{L}}0-9]', '', 'g')",
}
DERIVED = {
    "name": ("sorted", "array_to_string(list_sort(string_split({key}, ' ')), ' ')"),
    "email": ("local", "split_part({key}, '@', 1)"),
}


def fields(mapping: Mapping) -> list[Field]:
    """The columns as the matcher knows them. A first and a last name are at times swapped, unless told else."""
    keys = {name: f"v{number}" for number, name in enumerate(mapping.columns)}
    partners = {name: column.swaps_with for name, column in mapping.columns.items()}
    first = [name for name, column in mapping.columns.items() if column.kind == "first_name"]
    last = [name for name, column in mapping.columns.items() if column.kind == "last_name"]
    if len(first) == 1 and len(last) == 1:
        partners[first[0]] = partners[first[0]] or last[0]
        partners[last[0]] = partners[last[0]] or first[0]
    return [
        Field(keys[name], name, column.kind, keys.get(partners[name] or ""))
        for name, column in mapping.columns.items()
    ]


def cleaned(mapping: Mapping, source: str) -> str:
    """SQL: the cleaned fields of `source(row_number, <columns>)` and what is derived from them, one row a row.

    The result holds nothing but the mapping's columns: what is withheld never reaches the matcher.
    """
    known = fields(mapping)
    columns = [f"{_value(mapping.columns[each.name], each.name, mapping)} AS {each.key}" for each in known]
    derived = [
        f"{DERIVED[each.kind][1].format(key=each.key)} AS {each.key}_{DERIVED[each.kind][0]}"
        for each in known
        if each.kind in DERIVED
    ]
    inner = f"SELECT row_number AS unique_id, {', '.join(columns)} FROM {source}"
    return f"SELECT {', '.join(['*', *derived])} FROM ({inner}) AS cleaned"


def _value(column: Column, name: str, mapping: Mapping) -> str:
    raw = quote(name)
    if column.remove:
        raw = f"regexp_replace({raw}, {literal(column.remove)}, '', 'g')"
    plain = _PLAIN.format(raw=raw)
    value = FORMS.get(column.kind, "{plain}").format(plain=plain)
    if column.format:
        parsed = f"strftime(try_strptime(trim({raw}), {literal(column.format)}), '%Y%m%d')"
        value = f"coalesce({parsed}, {value})"
    blanks = ", ".join(literal(each.lower()) for each in {**dict.fromkeys(mapping.blanks), "": None})
    return f"CASE WHEN {plain} NOT IN ({blanks}) AND {value} <> '' THEN {value} END"
