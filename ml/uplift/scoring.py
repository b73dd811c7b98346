"""Effects for everyone whom a message could reach: by channel, and by the best of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa

from kith.errors import KithError
from kith.lake import LakeTable
from kith.warehouse import Warehouse
from ml.contract import Fitted, Lesson, Scores
from ml.threads import one_thread
from ml.uplift.reach import Reach, read_reach

if TYPE_CHECKING:
    import numpy as np

    from ml.contract import Floats

UPLIFT = LakeTable(
    room="uplift",
    name="uplift",
    schema=pa.schema(
        [
            ("profile_id", pa.string()),
            ("channel", pa.string()),
            ("uplift", pa.float64()),
            ("is_best", pa.bool_()),
            ("model", pa.string()),
            ("model_version", pa.string()),
            ("as_of", pa.timestamp("us")),
        ]
    ),
    people=("profile_id",),
)

#: Digits kept of an effect: what is below changes with the order of additions.
DIGITS = 9

#: What reasons may speak of: each costs a prediction more for everyone.
TOLD = (
    "days_since_last_visit", "days_since_last_order", "active_days_7d", "active_days_30d",
    "product_views_7d", "product_views_30d", "product_views_90d", "cart_adds_30d",
    "orders_90d", "orders", "tenure_days", "channel_opened_rate", "channel_clicked_rate", "messages_delivered_7d",
)  # fmt: skip


def score_effects(fitted: Fitted, lesson: Lesson) -> Scores:
    """The effect of the best channel for everyone whom consent lets write to at `lesson.as_of`."""
    with Warehouse(lesson.settings) as warehouse:
        warehouse.attach_snapshot(lesson.run.snapshot)
        reach = read_reach(warehouse, lesson.as_of)
    if not len(reach):
        return Scores((), reach.values[:, :0].sum(axis=1))
    values = _inputs(reach, fitted.columns)
    import sklearn.ensemble  # noqa: F401  (the number of threads holds for what is loaded)

    with one_thread():
        effects = fitted.artefact.predict(values).round(DIGITS)
        best = _best(reach, effects)
        reasons = _reasons(fitted, values[best], effects[best])
    return Scores(reach.profiles[best], effects[best], reasons, {UPLIFT.name: _rows(reach, effects, best)})


def _inputs(reach: Reach, columns: tuple[str, ...]) -> Floats:
    lost = sorted(set(columns) - set(reach.columns))
    if lost:
        raise KithError(
            f"the champion needs the features {', '.join(lost)}", way_out="run 'kith models train uplift'"
        )
    return reach.values[:, [reach.columns.index(name) for name in columns]]


def _best(reach: Reach, effects: Floats) -> np.ndarray:
    """The row of each profile's greatest effect; of equal ones the first channel by name."""
    import numpy as np

    order = np.lexsort((reach.channels, -effects, reach.profiles))
    _, first = np.unique(reach.profiles[order], return_index=True)
    return order[first]


def _rows(reach: Reach, effects: Floats, best: np.ndarray) -> pa.Table:
    import numpy as np

    is_best = np.zeros(len(reach), bool)
    is_best[best] = True
    return pa.table(
        {
            "profile_id": pa.array(reach.profiles, pa.string()),
            "channel": pa.array(reach.channels, pa.string()),
            "uplift": pa.array(effects, pa.float64()),
            "is_best": pa.array(is_best),
        }
    )


def _reasons(fitted: Fitted, values: Floats, effects: Floats) -> Any:
    """What the effect would lose if one thing known of the person were as it usually is."""
    import pandas as pd

    from ml.reasons.explaining import effects_by_exchange
    from ml.reasons.telling import tell_reasons

    frame = pd.DataFrame(values, columns=list(fitted.columns))
    told = tuple(name for name in TOLD if name in fitted.columns)
    moved = effects_by_exchange(fitted.artefact.predict, frame, effects, told)
    return tell_reasons(fitted.columns, values, moved, "probability")
