import numpy as np

from ml.outreach.circumstances import circumstances, heard_before, silent_days_at
from tests.unit.ml.outreach.world import AS_OF, DAY, acts_of, messages_of


def test_heard_before__counts_the_fortnight_before_an_instant():
    messages = messages_of([0, 0, 0, 1], [9] * 4, [False] * 4, [20, 10, 1, 3])
    told = heard_before(
        messages, "email", np.array([0, 1, 2, 0]), np.array([AS_OF, AS_OF, AS_OF, AS_OF - 9 * DAY])
    )
    assert told.tolist() == [2, 1, 0, 2]
    assert heard_before(messages, "sms", np.array([0]), np.array([AS_OF])).tolist() == [0]


def test_silent_days_at__counts_from_the_last_visit_known_then():
    acts = acts_of([0, 0, 1], [9, 9, 9], [20, 3, 1])
    told = silent_days_at(acts, 3, AS_OF - 2 * DAY)
    assert told[0] == 1
    assert np.isnan(told[1:]).all()


def test_circumstances__tell_never_from_just_now():
    columns = circumstances(np.array([np.nan, 0.0, -1.0, np.e - 1]), np.zeros(4))
    assert columns[:, 0].round(9).tolist() == [0, 0, 0, 1]
    assert columns[:, 1].tolist() == [1, 0, 0, 0]
