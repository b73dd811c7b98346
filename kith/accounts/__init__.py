"""Local accounts: who may sign in, what each role may do, and the sessions of those who did."""

from kith.accounts.roles import Right, Role, Visitor, rights_of
from kith.accounts.sessions import Sessions
from kith.accounts.store import Account, Accounts

__all__ = ["Account", "Accounts", "Right", "Role", "Sessions", "Visitor", "rights_of"]
