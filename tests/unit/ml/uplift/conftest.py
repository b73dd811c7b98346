from types import SimpleNamespace

import pytest

from ml.uplift.terms import UpliftPrediction


@pytest.fixture
def lesson():
    """What a model is handed, as far as learning from given rows asks for it."""
    terms = UpliftPrediction(description="-", model="uplift")
    return SimpleNamespace(terms=terms, seed=7, advance=lambda share: None)
