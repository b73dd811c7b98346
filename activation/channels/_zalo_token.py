"""Zalo's access token: valid for a day or so, renewed with a refresh token that works once.

The answer to a renewal holds the next refresh token, and the old one is dead: it is on disk before the access
token is used, under a lock that all workers of a home share. If that answer is lost, a person has to log in anew.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr

from activation.channels._receiving import text_of
from activation.channels.contract import ChannelDown
from activation.http import Call, HttpClient
from kith.clock import WallClock

_EARLY = timedelta(minutes=10)


class ZaloToken:
    """`refresh_token` is the first one; a later one in `file` wins as long as the first is still the same."""

    def __init__(
        self, oauth_url: str, app_id: str, app_secret: SecretStr, refresh_token: SecretStr, file: Path
    ) -> None:
        self.oauth_url, self.app_id, self.app_secret = oauth_url, app_id, app_secret
        self.refresh_token, self.file = refresh_token, file
        self._refused = ""

    def value(self) -> str:
        """A token that is valid now. Raises ChannelDown where none is to be had."""
        kept = self._kept()
        if not self._is_good(kept):
            with self._alone():
                kept = self._kept()  # another worker may have renewed it meanwhile
                if not self._is_good(kept):
                    kept = self._renew(kept)
        return text_of(kept, "access_token")

    def drop(self) -> None:
        """The vendor takes the present one no more."""
        self._refused = text_of(self._kept(), "access_token")

    def _is_good(self, kept: dict[str, Any]) -> bool:
        token = text_of(kept, "access_token")
        return bool(token) and token != self._refused and _instant(kept) > WallClock().now() + _EARLY

    def _renew(self, kept: dict[str, Any]) -> dict[str, Any]:
        first = self.refresh_token.get_secret_value()
        present = text_of(kept, "refresh_token") or first
        fields = {"refresh_token": present, "app_id": self.app_id, "grant_type": "refresh_token"}
        headers = {
            "secret_key": self.app_secret.get_secret_value(),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        place = f"{self.oauth_url.rstrip('/')}/v4/oa/access_token"
        with HttpClient(at_once=1, timeout=20.0) as client:
            exchange = client.call(Call("POST", place, headers, urlencode(fields).encode()))
        told = exchange.json_object()
        if not exchange.is_success or not told.get("access_token") or not told.get("refresh_token"):
            code = text_of(told, "error") or exchange.problem or str(exchange.status)
            raise ChannelDown(
                f"KITH_ZALO_REFRESH_TOKEN gives no access token ({code[:40]}): log in to Zalo anew"
            )
        seconds = text_of(told, "expires_in")
        until = WallClock().now() + timedelta(seconds=int(seconds) if seconds.isdigit() else 3_600)
        renewed = {
            "first": _mark(first),
            "access_token": text_of(told, "access_token"),
            "refresh_token": text_of(told, "refresh_token"),
            "until": until.isoformat(),
        }
        self._keep(renewed)
        return renewed

    def _kept(self) -> dict[str, Any]:
        try:
            found = json.loads(self.file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        is_ours = isinstance(found, dict) and found.get("first") == _mark(
            self.refresh_token.get_secret_value()
        )
        return found if is_ours else {}

    def _keep(self, renewed: dict[str, Any]) -> None:
        written = self.file.with_suffix(".new")
        with open(
            os.open(written, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
        ) as file:
            json.dump(renewed, file)
            file.flush()
            os.fsync(file.fileno())
        written.replace(self.file)
        folder = os.open(self.file.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        self.file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(self.file.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _instant(kept: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(text_of(kept, "until"))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)


def _mark(first: str) -> str:
    """Which login the file belongs to, without holding its token."""
    import hashlib

    return hashlib.sha256(first.encode()).hexdigest()[:16]
