"""What a template may ask for about a person, and where each of these comes from.

Only what a template reads is frozen with the message. A new variable is one line here; a computed attribute
(`profile.<name>`) is none: its definition is enough.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from activation.rendering.templates import SEND_TIME_VARIABLES, Template
from activation.rendering.variables import PROFILE
from kith.warehouse import literal

if TYPE_CHECKING:
    import duckdb

#: Name in templates → SQL over p (profiles), k (picks of the favourite category) and r (recommended); NULL = none.
SUPPLIED: Mapping[str, str] = {
    "first_name": "nullif(trim(p.first_name), '')",
    "last_name": "nullif(trim(p.last_name), '')",
    "city": "nullif(trim(p.city), '')",
    "country": "p.country",
    "currency": "p.currency",
    "favourite_category": "p.favourite_category",
    "order_count": "p.order_count",
    "last_order_on": "CAST(CAST(p.last_order_at AS DATE) AS VARCHAR)",
    "picks": "k.picks",
    "recommendations": "r.recommendations",
}

_ATTRIBUTE = f"{PROFILE}."

_FREEZE = """
    -- One row per planned message of one template and locale: its variables, and the first missing one.
    INSERT INTO frozen
    SELECT d.message_id, {variables} AS variables, {missing} AS missing_variable
    FROM drafts AS d
    LEFT JOIN profiles AS p ON p.profile_id = d.profile_id
    LEFT JOIN picks AS k ON k.category = p.favourite_category
    LEFT JOIN recommended AS r ON r.profile_id = d.profile_id
    LEFT JOIN attribute_values ON attribute_values.profile_id = d.profile_id
    WHERE d.template = {template} AND {locale}
"""


def attributes_asked(templates: Iterable[Template]) -> set[str]:
    """The computed attributes that templates read."""
    variants = [each.variant(locale) for each in templates for locale in each.locales]
    read = {name for variant in variants for name in variant.needs.names}
    return {name.removeprefix(_ATTRIBUTE) for name in read if name.startswith(_ATTRIBUTE)}


def freeze(
    connection: duckdb.DuckDBPyConnection,
    templates: Mapping[str, Template],
    attributes: Mapping[str, str] | None = None,
) -> None:
    """Makes `frozen(message_id, variables, missing_variable)` of `drafts(message_id, profile_id, template, locale)`.

    `attributes` says of each computed attribute its SQL over `attribute_values`.
    """
    if not attributes:
        connection.execute("CREATE OR REPLACE TEMP TABLE attribute_values (profile_id TEXT)")
    supplied = {**SUPPLIED, **{_ATTRIBUTE + name: sql for name, sql in (attributes or {}).items()}}
    connection.execute(
        """CREATE OR REPLACE TEMP TABLE frozen AS
           SELECT message_id, '' AS variables, '' AS missing_variable FROM drafts LIMIT 0"""
    )
    used = connection.execute(
        "SELECT DISTINCT template, coalesce(locale, '') AS locale FROM drafts ORDER BY ALL"
    )
    locales: dict[tuple[str, str], list[str]] = {}
    for name, locale in used.fetchall():
        template = templates[name]
        locales.setdefault((template.name, template.locale_for(locale)), []).append(locale)
    for (name, variant), spoken in locales.items():
        connection.execute(_statement(templates[name], variant, spoken, supplied))


def unsupplied(template: Template, attributes: Collection[str] = ()) -> list[str]:
    """Variables that some locale of a template can't do without and nobody supplies: for lint."""
    required = set[str]().union(*(template.variant(locale).needs.required for locale in template.locales))
    known = set(SUPPLIED) | {_ATTRIBUTE + name for name in attributes}
    return sorted(required - known - SEND_TIME_VARIABLES)


def _statement(template: Template, variant: str, spoken: list[str], supplied: Mapping[str, str]) -> str:
    needs = template.variant(variant).needs
    missing = " ".join(
        f"WHEN {supplied[name]} IS NULL THEN {literal(name)}"
        if name in supplied
        else f"WHEN true THEN {literal(name)}"
        for name in sorted(needs.required - SEND_TIME_VARIABLES)
    )
    return _FREEZE.format(
        variables=_variables(needs.names, supplied),
        missing=f"CASE {missing} END" if missing else "NULL",
        template=literal(template.name),
        locale=f"coalesce(d.locale, '') IN ({', '.join(map(literal, spoken))})",
    )


def _variables(names: Collection[str], supplied: Mapping[str, str]) -> str:
    """A JSON object of what is read; the attributes are one in it, there even if none of them is."""
    of_profile = sorted(name for name in names if name.startswith(_ATTRIBUTE))
    pairs = {name: supplied[name] for name in sorted(names) if name in supplied and name not in of_profile}
    if of_profile:
        inner = {name.removeprefix(_ATTRIBUTE): supplied[name] for name in of_profile if name in supplied}
        pairs[PROFILE] = _object(inner)
    return f"CAST({_object(pairs)} AS TEXT)" if pairs else "'{}'"


def _object(pairs: Mapping[str, str]) -> str:
    return f"json_object({', '.join(f'{literal(name)}, {sql}' for name, sql in pairs.items())})"
