"""Frequency caps: at most so many messages in a window, over everything planned or sent before."""

from __future__ import annotations

from activation.contract import Reason
from activation.gates.contract import Gate


class FrequencyCap(Gate):
    """Comes last of a person's own rules: only messages that every other lets through take a place. One message's
    verdict hangs on the person's others, so they are folded in order (activation/journeys/deciding/caps_fold.py)."""

    reason = Reason.FREQUENCY_CAP
    plan_order = 60


plugin = FrequencyCap()
