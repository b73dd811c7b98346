"""Who is behind an address, by the hidden truth."""

from __future__ import annotations

from kith.ids import share
from sandbox.devices import Devices
from sandbox.people import People
from sandbox.providers import BY_DOMAIN
from sandbox.tokens import is_removed, platform_of, token_of

#: The share of numbers that belong to nobody any more.
GIVEN_BACK = 0.02


class Directory:
    """Looks people up by address; without people every mailbox exists but those of `unknown@…`."""

    def __init__(self, people: People | None = None, devices: Devices | None = None) -> None:
        self._people = people
        addresses = people.identity.email if people is not None else []
        self._persons = {address: person for person, address in enumerate(addresses)}
        numbers = people.identity.phone if people is not None else []
        self._callers = {number: person for person, number in enumerate(numbers)}
        self._devices = _by_token(devices) if devices is not None else {}

    def find(self, address: str) -> int | None:
        """The person behind an address, or None for somebody who isn't of this world."""
        return self._persons.get(address.lower())

    def find_number(self, number: str) -> int | None:
        """The person behind a phone number (E.164)."""
        return self._callers.get(number)

    def find_device(self, token: str) -> int | None:
        """The device that a vendor of notifications knows by this token."""
        return self._devices.get(token)

    def is_off(self, number: str) -> bool:
        """Whether nobody can be reached there: some numbers have long been given back, some apps removed."""
        if number in self._devices:
            return is_removed(number)
        return "unknown" in number or share(number, "given back") < GIVEN_BACK

    def refuses(self, address: str) -> bool:
        """Whether its provider knows no such mailbox. Domains that are none of ours take everything."""
        person = self.find(address)
        if self._people is not None and person is not None:
            return not self._people.temper.mailbox_exists[person]
        local, _, domain = address.lower().partition("@")
        return local == "unknown" or (self._people is not None and domain in BY_DOMAIN)


def _by_token(devices: Devices) -> dict[str, int]:
    tokens = ((platform_of(devices, device), device) for device in range(devices.count))
    return {
        token_of(platform, devices.anonymous_id[device]): device for platform, device in tokens if platform
    }
