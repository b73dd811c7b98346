import numpy as np
import pandas as pd
import pytest

from ml.binary.inputs import find_inputs
from ml.binary.strangers import STRONG, find_strangers, refuse_telling_categories, without_strangers
from ml.contract import NotTrainable
from ml.goals import BinaryPrediction
from ml.leaks import separation

pytestmark = pytest.mark.whole

ROWS = 4_000


def world(leak: float, stranger: bool):
    """People whose columns hang together; one column is made of the answer, or of the people."""
    chance = np.random.default_rng(4)
    person = chance.normal(size=ROWS)
    frame = pd.DataFrame({f"known_{n}": person + chance.normal(size=ROWS) for n in range(6)})
    answers = (chance.random(ROWS) < 1 / (1 + np.exp(-2 * person))).astype(float)
    strong = answers if stranger else person
    frame["strong"] = leak * strong + chance.normal(size=ROWS)
    return frame, answers


def terms(**more) -> BinaryPrediction:
    goal = {"trait": "y", "is": "yes"}
    return BinaryPrediction.model_validate({"description": "d", "model": "custom", "goal": goal, **more})


def test_strangers__are_columns_that_came_with_the_answer():
    frame, answers = world(1.5, stranger=True)
    inputs = find_inputs(frame)
    (found,) = find_strangers(inputs.matrix(frame), inputs, answers)
    assert found.column == "strong"
    assert found.strength > 0.75
    assert "it seems to have come with the answer" in str(found)


def test_strangers__are_no_strong_columns_that_others_know_of():
    frame, answers = world(3.0, stranger=False)
    inputs = find_inputs(frame)
    assert separation(answers, frame["strong"].to_numpy()) > STRONG
    assert find_strangers(inputs.matrix(frame), inputs, answers) == []


def test_strangers__stay_if_the_definition_knows_better():
    frame, answers = world(1.5, stranger=True)
    inputs = find_inputs(frame)
    assert "strong" not in without_strangers(inputs, frame, answers, terms()).columns
    assert "strong" in without_strangers(inputs, frame, answers, terms(known_before=["strong"])).columns


@pytest.mark.parametrize(("rows", "columns"), [(900, 7), (ROWS, 4)])
def test_strangers__are_not_looked_for_where_too_little_is_known(rows, columns):
    frame, answers = world(1.5, stranger=True)
    few = frame.iloc[:rows, -columns:]
    inputs = find_inputs(few)
    assert find_strangers(inputs.matrix(few), inputs, answers[:rows]) == []


def test_categories__that_tell_the_answer_alone_are_refused():
    frame, answers = world(0.0, stranger=True)
    frame["state"] = np.where(answers == 1, "left", "stayed")
    inputs = find_inputs(frame)
    with pytest.raises(NotTrainable, match=r"leak: state alone tells the answer \(AUC 1.000"):
        refuse_telling_categories(inputs, inputs.matrix(frame), answers, terms())
    refuse_telling_categories(inputs, inputs.matrix(frame), answers, terms(known_before=["state"]))
