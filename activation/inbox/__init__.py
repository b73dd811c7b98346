"""Messages that wait for a person inside the app or on the page: channels put them here, whoever serves asks here."""

from activation.inbox.box import Deed, Inbox, InboxMessage
from activation.inbox.tables import INBOX

__all__ = ["INBOX", "Deed", "Inbox", "InboxMessage"]
