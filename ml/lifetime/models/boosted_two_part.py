"""Boosted trees in two parts: will there be a purchase at all, and what will it all be worth if so.

The two-part model of N. Duan, W. G. Manning, C. N. Morris, J. P. Newhouse, A Comparison of Alternative Models for
the Demand for Medical Care, Journal of Business & Economic Statistics 1 (1983) 115–126, with trees for both
parts: log loss for the first, gamma deviance for the second (amounts err in proportion to their size). The
second part learns the amount as a multiple of what the customer would bring at the usual pace: trees can't
foresee more than they have seen, and a few customers bring most of the money.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kith.errors import KithError
from kith.ids import share
from ml.lifetime.contract import COVERAGE, FittedLifetime, Forecast, LifetimeModel, Terms
from ml.lifetime.windows import past_cutoffs

if TYPE_CHECKING:
    import pandas as pd

    from ml.contract import Floats
    from ml.lifetime.kept import Kept
    from ml.lifetime.purchases import History

#: Cut-offs to learn from, half a window apart: more people and seasons for the price of rows that overlap.
MOST_CUTOFFS = 4
FOLDS = 3
FEWEST_OF_EACH = 50


@dataclass(frozen=True)
class BoostedTwoPart:
    """Both parts, and what people whom they hadn't seen showed of them: `level` brings the sum right, `ratios`
    (ascending) are amounts over their forecasts. `columns` are the features that differed between people."""

    any_purchase: Any
    amount: Any
    level: float
    ratios: Floats
    columns: tuple[str, ...]
    rows: int
    buyers: int
    terms: Terms

    def forecast(self, history: History) -> Forecast:
        """Value discounted as if it came evenly over the days; the interval is of the two-part distribution."""
        import numpy as np

        from ml.lifetime.features import features_of, usual_value
        from ml.lifetime.probabilistic import weekly_rate
        from ml.lifetime.summary import DAYS_IN_WEEK

        features = features_of(history, self.terms.days)[list(self.columns)]
        chance, amount = _parts(self.any_purchase, self.amount, features)
        amount *= usual_value(history, self.terms.days)
        whole = weekly_rate(self.terms.discount) * self.terms.days / DAYS_IN_WEEK
        amount = amount * self.level * (-np.expm1(-whole) / whole if whole else 1.0)
        low, high = (self._quantile(chance, amount, at) for at in ((1 - COVERAGE) / 2, (1 + COVERAGE) / 2))
        return Forecast(chance * amount, any_purchase=chance, value_low=low, value_high=high)

    def _quantile(self, chance: Floats, amount: Floats, at: float) -> Floats:
        """Nothing up to the probability of no purchase, the amounts' distribution beyond it."""
        import numpy as np

        beyond = (at - (1 - chance)) / np.maximum(chance, 1e-12)
        return np.where(beyond > 0, amount * np.quantile(self.ratios, beyond.clip(0, 1)), 0.0)

    def told(self) -> Mapping[str, float]:
        return {"rows": self.rows, "buyers": self.buyers, "level": self.level}

    def kept(self) -> Kept:
        from ml.lifetime.kept import Kept

        numbers = {key: getattr(self, key) for key in ("level", "columns", "rows", "buyers")}
        parts = {"any_purchase": self.any_purchase, "amount": self.amount}
        return Kept({**numbers, "terms": vars(self.terms)}, {"ratios": self.ratios}, parts)


def fit(history: History, terms: Terms) -> FittedLifetime:
    """Raises KithError, with counts, where no window of that length is over or too few did either."""
    import numpy as np

    from ml.threads import one_thread

    seen = _rows(history, terms.days)
    bought = seen.value > 0
    if min(bought.sum(), (~bought).sum()) < FEWEST_OF_EACH:
        raise KithError(
            f"{int(bought.sum())} rows with a purchase ahead and {int((~bought).sum())} without",
            where="lifetime value",
            expected=f"{FEWEST_OF_EACH} of each at least",
        )
    with one_thread():
        chance, amount = _crossed(seen, terms.seed)
        parts = _fit_parts(seen, np.ones(len(bought), dtype=bool), terms.seed)
    foreseen = amount * seen.usual
    level = float(seen.value.sum() / (chance * foreseen).sum())
    ratios = np.sort(seen.value[bought] / (foreseen[bought] * level))
    columns = tuple(seen.features.columns)
    return BoostedTwoPart(*parts, level, ratios, columns, len(bought), int(bought.sum()), terms)


@dataclass(frozen=True)
class _Seen:
    """Rows to learn from (m, of all cut-offs together): features, the value that followed, the usual value, and
    whose row it is."""

    features: pd.DataFrame
    value: Floats
    usual: Floats
    people: Any


def _rows(history: History, days: int) -> _Seen:
    import numpy as np
    import pandas as pd

    from ml.lifetime.features import features_of, usual_value
    from ml.lifetime.purchases import outcome_after

    pasts = [history.at(cutoff) for cutoff in past_cutoffs(history, days, MOST_CUTOFFS)]
    features = pd.concat([features_of(past, days) for past in pasts], ignore_index=True)
    return _Seen(
        features.loc[:, features.nunique() > 1],
        np.concatenate([outcome_after(history.purchases, past, days).value for past in pasts]),
        np.concatenate([usual_value(past, days) for past in pasts]),
        np.concatenate([past.purchases.customers for past in pasts]),
    )


def _crossed(seen: _Seen, seed: int) -> tuple[Floats, Floats]:
    """Both parts' answers for people whom they haven't seen: folds by person, not by row."""
    import numpy as np

    fold_of = {each: int(share(str(each), "lifetime folds") * FOLDS) for each in set(seen.people.tolist())}
    fold = np.array([fold_of[each] for each in seen.people.tolist()])
    chance, amount = np.empty(len(fold)), np.empty(len(fold))
    for number in range(FOLDS):
        unseen = fold == number
        if unseen.any():
            parts = _fit_parts(seen, ~unseen, seed)
            chance[unseen], amount[unseen] = _parts(*parts, seen.features[unseen])
    return chance, amount


def _fit_parts(seen: _Seen, rows: Any, seed: int) -> tuple[Any, Any]:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    shape: dict[str, Any] = {
        "max_iter": 80,
        "learning_rate": 0.05,
        "max_leaf_nodes": 8,
        "min_samples_leaf": 40,
        "l2_regularization": 1.0,
        "early_stopping": False,
        "random_state": seed,
    }
    bought = seen.value > 0
    chance = HistGradientBoostingClassifier(**shape).fit(seen.features[rows], bought[rows])
    chosen, multiple = rows & bought, seen.value / seen.usual
    amount = HistGradientBoostingRegressor(loss="gamma", **shape).fit(seen.features[chosen], multiple[chosen])
    return chance, amount


def _parts(chance: Any, amount: Any, features: pd.DataFrame) -> tuple[Floats, Floats]:
    from ml.threads import one_thread

    with one_thread():
        return chance.predict_proba(features)[:, 1], amount.predict(features)


def restore(kept: Kept) -> FittedLifetime:
    given = {**kept.numbers, "columns": tuple(kept.numbers["columns"])}
    return BoostedTwoPart(**{**given, "terms": Terms(**given["terms"])}, **kept.arrays, **kept.estimators)


plugin = LifetimeModel("boosted trees: the chance of any purchase times the amount given one", fit, restore)
