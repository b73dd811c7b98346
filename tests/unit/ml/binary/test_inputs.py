import json

import numpy as np
import pandas as pd
import pytest

from ml.binary.inputs import OTHERS, find_inputs, inputs_of

ROWS = 400


@pytest.fixture(scope="module")
def table():
    chance = np.random.default_rng(5)
    plan = chance.choice(["month", "year"], ROWS).astype(object)
    plan[:2] = "gift"
    return pd.DataFrame(
        {
            "customer": [f"c{number:05d}" for number in range(ROWS)],
            "age": chance.normal(40, 9, ROWS),
            "spent": [" " if number % 50 == 0 else f"{number / 4}" for number in range(ROWS)],
            "is_member": chance.random(ROWS) < 0.5,
            "joined_on": pd.to_datetime("2026-01-01") + pd.to_timedelta(np.arange(ROWS), "D"),
            "plan": plan,
            "country": "GB",
            "fixed": 7,
            "nothing": np.nan,
            "blanks": " ",
        }
    )


def test_inputs__are_found_by_their_type(table):
    found = find_inputs(table)
    assert found.numbers == ("age", "spent", "is_member", "joined_on")
    assert found.dates == ("joined_on",)
    assert found.categories == {"plan": ("month", "year", OTHERS)}
    assert found.left_out == {
        "customer": "a name of its own in nearly every row",
        "country": "the same in every row",
        "fixed": "the same in every row",
        "nothing": "unknown in nearly every row",
        "blanks": "unknown in nearly every row",
    }


def test_matrix__holds_floats_and_codes(table):
    matrix = find_inputs(table).matrix(table)
    assert (matrix.dtypes == "float64").all()
    assert np.isnan(matrix["spent"].iloc[0])
    assert matrix["spent"].iloc[1] == 0.25
    assert matrix["joined_on"].diff().dropna().eq(1).all()
    assert set(matrix["plan"]) == {0.0, 1.0, 2.0}
    assert matrix["plan"].iloc[0] == 2.0


def test_matrix__takes_new_categories_as_others_or_as_unknown(table):
    found = find_inputs(table)
    asked = table.head(3).assign(plan=["decade", None, "year"])
    assert found.matrix(asked)["plan"].tolist()[0] == 2.0
    assert np.isnan(found.matrix(asked)["plan"].iloc[1])
    without_rare = find_inputs(table.iloc[2:])
    assert without_rare.categories == {"plan": ("month", "year")}
    assert np.isnan(without_rare.matrix(asked)["plan"].iloc[0])


def test_inputs__are_read_again_from_json(table):
    found = find_inputs(table, keep=("fixed", "nothing"), leave_out=("age",))
    again = inputs_of(json.loads(json.dumps(found.told())))
    assert again == found
    pd.testing.assert_frame_equal(again.matrix(table), found.matrix(table))


def test_inputs__keep_features_that_are_the_same_for_all_today(table):
    found = find_inputs(table[["fixed", "nothing", "age"]], keep=("fixed", "nothing", "age"))
    assert found.columns == ("fixed", "nothing", "age")
    assert found.blank == ("nothing",)
    assert set(found.matrix(table)["nothing"]) == {0.0}


def test_inputs__leave_out_what_they_are_told_to(table):
    assert find_inputs(table, leave_out=("plan",)).left_out["plan"] == "left out by the definition"
