import json
from datetime import timedelta

import pyarrow.parquet as pq
import pytest

from kith.lake import commits, latest_commit
from ml import tracking
from ml.scoring import score
from ml.training import train, train_if_due

from .conftest import AS_OF  # noqa: TID252


def test_train__learns_and_is_judged_on_the_latest_known_window(build_run, shop, settings, home):
    result = train_if_due(settings, build_run(shop), "churn")
    print(result)
