"""The state database: what must survive a kill between two statements (ledger, accounts, audit)."""

from kith.state.database import StateDatabase

__all__ = ["StateDatabase"]
