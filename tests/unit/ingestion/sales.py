"""A small file of sales and its mapping, and what a refusal must leave behind: nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from ingestion.imports import Imported
from kith.errors import KithError
from kith.lake import Home, commits

AT = datetime(2026, 5, 1, tzinfo=UTC)
SIMPLE = """
source: shop
events:
  sale:
    event: Order Completed
    time: at
    user_id: who
    properties:
      order_id: id
      total: {column: amount, as: number}
"""
ROWS = "id,who,at,amount\n1,ann,2026-01-01T10:00:00,5.50\n2,bob,2026-01-02 11:00:00,7\n"


def refused(take: Callable[..., Imported], home: Home, *given: Any) -> str:
    """The one sentence, after checking that nothing was written."""
    with pytest.raises(KithError) as caught:
        take(*given)
    assert commits(home, "events") == []
    assert list(home.held.iterdir()) == []
    assert list(home.quarantine.iterdir()) == []
    assert list(home.staging.glob("*")) == []
    sentence = str(caught.value)
    assert "\n" not in sentence
    return sentence
