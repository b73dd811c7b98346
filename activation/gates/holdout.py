"""Holdout: people who are left out on purpose, so that what the others did can be compared with something."""

from __future__ import annotations

from activation.contract import Reason
from activation.gates.contract import Gate


class Holdout(Gate):
    """Drawn once, as somebody enters (activation/journeys/deciding/holdout.py), and stored on the enrolment. All other
    rules judge who is held out too: lift compares like with like."""

    reason = Reason.HOLDOUT
    plan_order = 10


plugin = Holdout()
