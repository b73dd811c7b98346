"""From a call to a reply: the vendor's limit, its routes, its refusals."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import unquote

from kith.log import get_logger
from sandbox.emulation.contract import Call, Refusal, Reply, Route
from sandbox.emulation.faults import Fault, Faults
from sandbox.emulation.office import Office
from sandbox.emulation.vendor import Vendor

log = get_logger(__name__)
_NAME = re.compile(r"\\\{(\w+)\\\}")


class Desk:
    """One vendor at work. A fault of the emulator itself is a 599 and shows in the account: no test may pass on it."""

    def __init__(self, vendor: Vendor, office: Office) -> None:
        self.vendor, self.office = vendor, office
        self._routes = [(route, _compiled(route)) for route in vendor.build(office)]

    def meet(self, fault: Fault | None, faults: Faults) -> Reply | None:
        """What is answered by a fault that leaves nothing done."""
        if fault is Fault.THROTTLED:
            return self.vendor.throttled(faults.retry_after)
        if fault is Fault.UNAVAILABLE:
            return self.vendor.broken(503)
        if fault is Fault.GATEWAY:
            return Reply(502, b"<html><title>502</title>Bad Gateway</html>", {"content-type": "text/html"})
        return None

    def throttle(self) -> Reply | None:
        """The vendor's 429 where its limit is reached; a token is taken otherwise."""
        if self.vendor.rate is None:
            return None
        seconds = self.office.rates.take("", self.vendor.rate, self.vendor.burst)
        return self.vendor.throttled(seconds) if seconds else None

    def answer(self, call: Call) -> Reply:
        """What the vendor says."""
        try:
            return self._dispatch(call)
        except Refusal as refusal:
            self.office.account.refuse(refusal.why, call.path)
            return refusal.reply
        except Exception as failure:
            log.exception("the emulator of %s failed", self.vendor.name)
            self.office.account.refuse(f"emulator failed: {type(failure).__name__}", call.path)
            return Reply(599, b"the emulator failed")

    def _dispatch(self, call: Call) -> Reply:
        methods: set[str] = set()
        for route, pattern in self._routes:
            if found := pattern.fullmatch(call.path):
                methods.add(route.method)
                if route.method == call.method:
                    parts = {name: unquote(value) for name, value in found.groupdict().items()}
                    return route.answer(replace(call, parts=parts))
        if methods:
            raise Refusal("method_not_allowed", Reply(405, None, {"allow": ", ".join(sorted(methods))}))
        raise Refusal("no_such_path", Reply(404, b"not found"))


def _compiled(route: Route) -> re.Pattern[str]:
    return re.compile(_NAME.sub(r"(?P<\1>[^/]+?)", re.escape(route.pattern)))
