from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from ml.evaluation import evaluate
from ml.training import train

pytestmark = pytest.mark.real_data

RETAIL = """
CREATE TABLE orders AS
SELECT
    CAST(CustomerID AS VARCHAR) AS profile_id,
    min(InvoiceDate) AS ordered_at,
    sum(Quantity * UnitPrice) AS amount
FROM read_parquet($file)
WHERE CustomerID IS NOT NULL AND InvoiceNo NOT LIKE 'C%'
GROUP BY CustomerID, InvoiceNo
"""
CDNOW = """
CREATE TABLE orders AS
SELECT
    words[1] AS profile_id,
    strptime(words[2], '%Y%m%d') AS ordered_at,
    CAST(words[4] AS DOUBLE) AS amount
FROM (
    SELECT string_split(regexp_replace(trim(line), ' +', ' ', 'g'), ' ') AS words
    FROM read_csv($file, delim = chr(1), header = true, columns = {'line': 'VARCHAR'})
)
"""
CASES = {
    "online_retail": (RETAIL, "online_retail.parquet", datetime(2011, 12, 10, tzinfo=UTC)),
    "cdnow": (CDNOW, "CDNOW_master.txt.gz", datetime(1998, 7, 1, tzinfo=UTC)),
}


#: CDNOW has three years and 23,570 people: five trainings take minutes.
@pytest.fixture(params=["online_retail", pytest.param("cdnow", marks=pytest.mark.soak)])
def published(request: pytest.FixtureRequest, shared_data: Path, build_run):
    sql, file, as_of = CASES[request.param]
    connection = duckdb.connect()
    connection.execute(sql, {"file": str(shared_data / request.param / file)})
    return build_run(connection, as_of)


def test_churn__learns_from_real_orders_and_beats_the_rfm_rule(published, settings, capsys):
    result = train(settings, published, "churn")
    windows = evaluate(settings, published, "churn").windows
    with capsys.disabled():
        print(f"\n{result.reason}; { ({name: round(value, 4) for name, value in result.metrics.items()}) }")
        for each in windows:
            print(each.cutoff_at.date(), each.candidate, each.metrics)
    assert result.is_champion, result.reason
    assert result.metrics["auc"] > 0.7
    assert result.metrics["auc"] > result.metrics["baseline_auc"] + 0.01
    assert result.metrics["out_of_fold_calibration_error"] <= 0.02
    assert len(windows) == 3
    assert all(each.metrics["auc"] > each.metrics["baseline_auc"] for each in windows)
