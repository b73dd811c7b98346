"""HTTP calls to vendors, for channels and destinations: each is told apart as not sent, answered or lost."""

from activation.http.client import HttpClient
from activation.http.exchange import Call, Exchange, Fate
from activation.http.guard import is_public
from activation.http.http2 import Http2Client
from activation.http.thread_client import ThreadClient

__all__ = ["Call", "Exchange", "Fate", "Http2Client", "HttpClient", "ThreadClient", "is_public"]
