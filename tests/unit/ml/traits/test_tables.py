import gzip

import numpy as np
import pandas as pd
import pytest

from kith.errors import KithError
from ml.traits.tables import answers_of, read_table

ROWS = pd.DataFrame({"id": ["a", "b"], "age": [1, 2]})


def test_table__is_read_from_any_usual_file(tmp_path):
    ROWS.to_csv(tmp_path / "rows.csv", sep=";", index=False)
    ROWS.to_parquet(tmp_path / "rows.parquet")
    ROWS.to_json(tmp_path / "rows.jsonl", orient="records", lines=True)
    with gzip.open(tmp_path / "rows.tsv.gz", "wt") as file:
        ROWS.to_csv(file, sep="\t", index=False)
    for name in ("rows.csv", "rows.parquet", "rows.jsonl", "rows.tsv.gz"):
        found = read_table(tmp_path / name)
        assert found.to_numpy().tolist() == ROWS.to_numpy().tolist(), name


def test_table__of_another_kind_is_refused(tmp_path):
    with pytest.raises(KithError, match="no table that can be read"):
        read_table(tmp_path / "rows.xlsx")


@pytest.mark.parametrize(
    ("values", "wanted", "answers"),
    [
        (["Yes", "no ", None, "yes"], "yes", [1, 0, np.nan, 1]),
        ([True, False], True, [1, 0]),
        (["True", "False"], True, [1, 0]),
        ([1, 0, 2], [1, 2], [1, 0, 1]),
        ([1.0, np.nan], 1, [1, np.nan]),
    ],
)
def test_answers__compare_as_people_write(values, wanted, answers):
    np.testing.assert_array_equal(answers_of(pd.Series(values), wanted), answers)
