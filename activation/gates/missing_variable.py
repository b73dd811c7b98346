"""Missing variable: an undefined name is found before anything is sent, not in the reader's mail."""

from __future__ import annotations

from typing import TYPE_CHECKING

from activation.contract import Reason
from activation.gates.contract import Gate

if TYPE_CHECKING:
    import duckdb


class MissingVariable(Gate):
    """The planner names the first variable that the template needs and this person lacks."""

    reason = Reason.MISSING_VARIABLE
    plan_order = 50
    is_pure = True

    def withheld(self, connection: duckdb.DuckDBPyConnection) -> str:
        return (
            "SELECT seq, place, missing_variable AS detail FROM attempts WHERE missing_variable IS NOT NULL"
        )


plugin = MissingVariable()
