"""A definition run over the past: what a journey would have done, or what it did, row for row.

rehearsal = load_rehearsal(settings, Path("winback.yml"))
found = backtest(settings, rehearsal, since, until)      # aware datetimes; a Findings
"""

from activation.journeys.backtest.findings import Findings
from activation.journeys.backtest.rehearsal import Rehearsal, load_rehearsal
from activation.journeys.backtest.running import backtest

__all__ = ["Findings", "Rehearsal", "backtest", "load_rehearsal"]
