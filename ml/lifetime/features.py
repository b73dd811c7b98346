"""What the boosted model goes by: columns of a history, all as of its cut-off."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kith.errors import KithError
from ml.lifetime.summary import DAYS_IN_WEEK

if TYPE_CHECKING:
    import pandas as pd

    from ml.contract import Floats
    from ml.lifetime.purchases import History

#: Days back from the cut-off over which purchases and money are counted.
RECENT = (30, 60, 90, 180)


def features_of(history: History, days: int) -> pd.DataFrame:
    """A row for each customer (n), float columns, NaN where unknown; `days` ahead is what is asked for.

    Besides counts, times and money, what BG/NBD makes of the customer: trees can't draw its curve from a few
    thousand rows. Where it can't be fitted its columns are unknown.
    """
    import pandas as pd

    columns = _summary(history) | _recent(history) | _amounts(history) | _process(history, days)
    return pd.DataFrame(columns)


def _summary(history: History) -> dict[str, Floats]:
    import numpy as np

    given = history.summary
    silent = given.age - given.last_at
    with np.errstate(divide="ignore", invalid="ignore"):
        gap = np.where(given.repeats > 0, given.last_at / given.repeats, np.nan)
        overdue = silent / gap
    return {
        "repeats": given.repeats,
        "age_weeks": given.age,
        "silent_weeks": silent,
        "mean_gap_weeks": gap,
        "overdue": overdue,
        "repeat_spend": np.where(given.repeats > 0, given.spend, np.nan),
    }


def _recent(history: History) -> dict[str, Floats]:
    import numpy as np

    bought, found = history.purchases, {}
    for days in RECENT:
        recent = bought.day >= history.cutoff - days
        who = bought.customer[recent]
        found[f"purchases_{days}d"] = np.bincount(who, minlength=len(history)).astype(float)
        found[f"value_{days}d"] = np.bincount(who, bought.amount[recent], minlength=len(history)).astype(
            float
        )
    return found


def _amounts(history: History) -> dict[str, Floats]:
    import numpy as np

    bought, n = history.purchases, len(history)
    order = np.lexsort((bought.day, bought.customer))
    who, amount = bought.customer[order], bought.amount[order]
    ends = np.append(np.flatnonzero(np.diff(who)), len(who) - 1)
    greatest = np.zeros(n)
    np.maximum.at(greatest, who, amount)
    return {
        "total_value": np.bincount(who, amount, minlength=n).astype(float),
        "last_amount": amount[ends],
        "greatest_amount": greatest,
        "first_amount": amount[np.append(0, ends[:-1] + 1)],
    }


def _process(history: History, days: int) -> dict[str, Floats]:
    import numpy as np

    from ml.lifetime.bgnbd import fit_bgnbd
    from ml.lifetime.process import fit_process
    from ml.lifetime.summary import group

    customers, unknown = history.summary, np.full(len(history), np.nan)
    try:
        process = fit_process(fit_bgnbd, group(customers))
    except KithError:
        return {"expected_purchases": unknown, "alive": unknown}
    expected = process.expected_purchases(customers, days / DAYS_IN_WEEK)
    return {"expected_purchases": expected, "alive": process.alive(customers)}


def usual_value(history: History, days: int) -> Floats:
    """Money in `days` at each one's own pace, with a customer of the average pace added (n): a scale that the
    trees correct, for they can't themselves foresee more than they have seen.

    (total + mean) ÷ (days known + mean days known), of all purchases.
    """
    import numpy as np

    total = np.bincount(history.purchases.customer, history.purchases.amount, minlength=len(history))
    known = (history.cutoff - history.first_day).astype(float)
    return days * (total + total.mean()) / (known + known.mean())
