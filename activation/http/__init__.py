"""HTTP calls to vendors, for channels and destinations: each is told apart as not sent, answered or lost."""

from activation.http.client import HttpClient
from activation.http.exchange import Call, Exchange, Fate

__all__ = ["Call", "Exchange", "Fate", "HttpClient"]
