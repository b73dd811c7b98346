"""What a viewer sees of people: enough to recognise a row, not to write to anybody.

The masks are laid over the tables, not over the pages: whatever a page asks of a viewer's reader comes masked, so no
page can forget it, and no download either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from kith.accounts import Right, Visitor
from kith.warehouse import quote

HIDDEN = "•••"


def _mail(column: str) -> str:
    """a•••@•••.org"""
    return (
        f"CASE WHEN {column} LIKE '%@%' THEN substr({column}, 1, 1) || '{HIDDEN}@{HIDDEN}' ||"
        f" regexp_extract({column}, '\\.[a-zA-Z]+$') ELSE {_ends(column)} END"
    )


def _ends(column: str) -> str:
    """The first two characters and the last: tells two long values apart. A short one is hidden whole."""
    return (
        f"CASE WHEN {column} IS NULL THEN NULL WHEN length({column}) < 6 THEN '{HIDDEN}'"
        f" ELSE substr({column}, 1, 2) || '{HIDDEN}' || substr({column}, -1, 1) END"
    )


def _initial(column: str) -> str:
    """A."""
    return f"CASE WHEN coalesce({column}, '') = '' THEN {column} ELSE substr({column}, 1, 1) || '.' END"


def _address_or_id(column: str) -> str:
    """Ids stay, as they name nobody; some shops take the e-mail address for one, and that is masked."""
    return f"CASE WHEN {column} LIKE '%@%' THEN {_mail(column)} ELSE {column} END"


def _identifier(column: str) -> str:
    """By what kind of identifier it is: ids stay, whatever one could write to is masked."""
    return (
        f"CASE WHEN identifier_type IN ('user_id', 'anonymous_id') THEN {_address_or_id(column)}"
        f" ELSE {_mail(column)} END"
    )


def _nothing(column: str) -> str:
    return "NULL"


#: Columns of published tables by name. The test lays known people and looks for them in every column.
MASKS: Mapping[str, Callable[[str], str]] = {
    "email": _mail,
    "phone": _ends,
    "address": _mail,
    "first_name": _initial,
    "last_name": _initial,
    "birthday": _nothing,
    "user_id": _address_or_id,
    "anonymous_id": _address_or_id,
    "identifier_value": _mail,
    "left_value": _mail,
    "right_value": _mail,
    "trait_value": _mail,
    "row_key": _mail,
    "properties": _nothing,
    "traits": _nothing,
    "context": _nothing,
}


def is_masked(visitor: Visitor) -> bool:
    """Whether this visitor's reader masks people."""
    return not visitor.may(Right.SEE_PEOPLE)


def masked_select(relation: str, columns: Iterable[str]) -> str:
    """A SELECT over a relation of these columns in which every one that tells of a person is masked."""
    known = list(columns)
    told = {**MASKS, "identifier_value": _identifier} if "identifier_type" in known else MASKS
    masks = [f"{told[name](quote(name))} AS {quote(name)}" for name in known if name in told]
    replaced = f" REPLACE ({', '.join(masks)})" if masks else ""
    return f"SELECT *{replaced} FROM {relation}"
