import pytest
from pydantic import ValidationError

from ml.channels.terms import ChannelTerms
from ml.timing.terms import SendTimeTerms

CHANNELS = {
    "description": "d",
    "model": "channel_affinity",
    "value": 2.0,
    "currency": "EUR",
    "channels": {"email": {"cost": 0.0}, "push": {"cost": 0.0}},
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"channels": {"email": {"cost": 0}}},
        {"channels": {"email": {"cost": -1}, "push": {"cost": 0}}},
        {"value": 0},
        {"currency": "euro"},
        {"test_days": 3},
    ],
)
def test_channel_terms__refuse_what_leaves_no_choice_or_no_sense(wrong):
    assert ChannelTerms.model_validate(CHANNELS)
    with pytest.raises(ValidationError):
        ChannelTerms.model_validate({**CHANNELS, **wrong})


@pytest.mark.parametrize("wrong", [{"test_days": 1}, {"minimum_messages": 1}, {"zone": "UTC"}])
def test_send_time_terms__refuse_what_makes_no_sense(wrong):
    plain = {"description": "d", "model": "send_time"}
    assert SendTimeTerms.model_validate(plain)
    with pytest.raises(ValidationError):
        SendTimeTerms.model_validate({**plain, **wrong})
