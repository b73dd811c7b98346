"""How far a call got, and what follows from it where it broke off."""

from __future__ import annotations

from activation.http.exchange import Exchange, Fate


class TooLong(RuntimeError):
    """The answer has more bytes than the call reads."""


class Progress:
    """How far a call got, noted as it goes."""

    def __init__(self) -> None:
        self.is_connected = False
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = bytearray()

    def take(self, piece: bytes, largest: int) -> None:
        """One more piece of the body. Raises TooLong."""
        self.body += piece
        if len(self.body) > largest:
            raise TooLong

    def answered(self) -> Exchange:
        """The answer is whole."""
        return Exchange(Fate.ANSWERED, self.status, self.headers, bytes(self.body))

    def broken(self, problem: str) -> Exchange:
        """It broke off. An error status stands without its body; a success is believed only whole."""
        if not self.is_connected or (problem == "bad_request" and not self.status):
            return Exchange(Fate.NOT_SENT, problem=problem)
        fate = Fate.ANSWERED if self.status >= 300 else Fate.LOST
        return Exchange(fate, self.status, self.headers, problem=problem)
