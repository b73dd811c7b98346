"""What may be loaded again from the safe format of scikit-learn's estimators (skops)."""

from __future__ import annotations

from typing import Any

#: Whose types: the format's own list lags behind scikit-learn. Boosted trees over categories hold a partial function;
#: whatever that holds is looked at by itself.
TRUSTED = ("sklearn.", "numpy.", "scipy.", "functools.partial")


def trusted_types(estimator: Any) -> list[str]:
    """The types in a model that was just trained here; what is of no known library is refused on saving."""
    from skops.io import dumps, get_untrusted_types

    found = get_untrusted_types(data=dumps(estimator))
    return [name for name in found if name.startswith(TRUSTED)]
