"""Vendors of messages and lists, emulated on loopback: every request is checked, accounted for, and may meet a fault.

    with Emulation(vendors(), folder, clock) as emulation:
        emulation.url("fcm")                      # http://127.0.0.1:<port>/fcm
        emulation.settings                        # what a platform has to be told to send there
        emulation.office("fcm").account.rows("message")

A vendor is one file, `sandbox/vendors/<name>.py`, whose `plugin` is a `Vendor`.
"""

from sandbox.emulation.account import Account
from sandbox.emulation.contract import Call, Callback, Refusal, Reply, Route
from sandbox.emulation.faults import Fault, Faults
from sandbox.emulation.office import Habit, Office
from sandbox.emulation.server import Emulation, vendors
from sandbox.emulation.vendor import Vendor

__all__ = [
    "Account",
    "Call",
    "Callback",
    "Emulation",
    "Fault",
    "Faults",
    "Habit",
    "Office",
    "Refusal",
    "Reply",
    "Route",
    "Vendor",
    "vendors",
]
