"""What a template may ask for about a person, and where each of these comes from.

Only what a template reads is frozen with the message. A new variable is one line here.
"""

from __future__ import annotations

from collections.abc import Mapping

from activation.rendering.templates import SEND_TIME_VARIABLES, Template
from kith.warehouse import Warehouse, literal

#: Name in templates → SQL over p (profiles) and k (picks of the favourite category); NULL = none.
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
}

_FREEZE = """
    -- One row per planned message of one template and locale: its variables, and the first missing one.
    INSERT INTO frozen
    SELECT d.message_id, {variables} AS variables, {missing} AS missing_variable
    FROM drafts AS d
    LEFT JOIN profiles AS p ON p.profile_id = d.profile_id
    LEFT JOIN picks AS k ON k.category = p.favourite_category
    WHERE d.template = {template} AND {locale}
"""


def freeze(warehouse: Warehouse, templates: Mapping[str, Template]) -> None:
    """Fills `frozen(message_id, variables, missing_variable)` for the rows of `drafts`."""
    connection = warehouse.connection
    connection.execute("CREATE TEMP TABLE frozen (message_id TEXT, variables TEXT, missing_variable TEXT)")
    used = warehouse.rows("SELECT DISTINCT template, coalesce(locale, '') AS locale FROM drafts ORDER BY ALL")
    locales: dict[tuple[str, str], list[str]] = {}
    for row in used:
        template = templates[row["template"]]
        locales.setdefault((template.name, template.locale_for(row["locale"])), []).append(row["locale"])
    for (name, variant), spoken in locales.items():
        connection.execute(_statement(templates[name], variant, spoken))


def unsupplied(template: Template) -> list[str]:
    """Variables that some locale of a template can't do without and nobody supplies: for lint."""
    required = set[str]().union(*(template.variant(locale).needs.required for locale in template.locales))
    return sorted(required - set(SUPPLIED) - SEND_TIME_VARIABLES)


def _statement(template: Template, variant: str, spoken: list[str]) -> str:
    needs = template.variant(variant).needs
    supplied = sorted(needs.names & set(SUPPLIED))
    pairs = ", ".join(f"{literal(name)}, {SUPPLIED[name]}" for name in supplied)
    missing = " ".join(
        f"WHEN {SUPPLIED[name]} IS NULL THEN {literal(name)}"
        if name in SUPPLIED
        else f"WHEN true THEN {literal(name)}"
        for name in sorted(needs.required - SEND_TIME_VARIABLES)
    )
    return _FREEZE.format(
        variables=f"CAST(json_object({pairs}) AS TEXT)" if pairs else "'{}'",
        missing=f"CASE {missing} END" if missing else "NULL",
        template=literal(template.name),
        locale=f"coalesce(d.locale, '') IN ({', '.join(map(literal, spoken))})",
    )
