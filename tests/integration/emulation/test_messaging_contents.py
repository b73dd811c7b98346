"""Media, buttons and templates are what each vendor takes."""

import pytest

from activation.channels.contract import Action, Media, Status
from tests.integration.emulation.messaging import (
    CHANNELS,
    opened,
    request_for,
)


def test_zalo__a_notice_goes_to_a_number_by_its_template(serve):
    _, channel, office = serve("zalo")
    options = {"template_id": "7895417", "data.name": "An", "data.code": "1"}
    (answer,) = channel.send([request_for("+84901234567", options=options)])
    assert answer.status is Status.ACCEPTED
    (row,) = office.account.rows("notice")
    assert row["notice"]["template_data"] == {"name": "An", "code": "1"}
    assert row["ref"] == request_for("+84901234567").message_id


PICTURE = (Media("https://shop.example/a.jpg"),)
BUTTONS = (Action("Yes"), Action("No"))
LINK = (Action("Look", "https://shop.example/a"),)
RICH = {
    "sms_twilio": [{"media": PICTURE}],
    "voice_twilio": [
        {"media": (Media("https://shop.example/a.mp3", "audio"),)},
        {"options": {"machine": "skip"}},
    ],
    "whatsapp_cloud": [
        {"media": PICTURE},
        {"actions": BUTTONS},
        {"actions": BUTTONS, "media": PICTURE},
        {"actions": tuple(Action(f"Size {n}") for n in range(5))},
        {
            "options": {"template": "spring", "body_1": "An\n\tHai    Ba", "button_0": "a?b=c"},
            "locale": "de",
            "media": PICTURE,
        },
    ],
    "rcs_google": [
        {"media": PICTURE},
        {"media": PICTURE, "text": ""},
        {"media": PICTURE * 3, "text": ""},
        {"actions": (*BUTTONS, *LINK)},
        {"actions": LINK, "media": PICTURE, "is_transactional": True},
    ],
    "messenger_facebook": [
        {"media": PICTURE, "text": ""},
        {"actions": BUTTONS},
        {"actions": (*LINK, *BUTTONS)},
    ],
    "viber": [{"media": PICTURE}, {"actions": (*LINK, *BUTTONS)}],
    "zalo": [{"media": PICTURE}, {"options": {"kind": "promotion"}, "actions": LINK, "media": PICTURE}],
}


@pytest.mark.parametrize("name", sorted(RICH))
def test_messaging__media_and_buttons_are_what_the_vendor_takes(name, serve):
    _, channel, office = serve(name)
    opened(name, office)
    requests = [request_for(CHANNELS[name][1], str(n), **given) for n, given in enumerate(RICH[name])]
    answers = channel.send(requests)
    assert [answer.status for answer in answers] == [Status.ACCEPTED] * len(answers), (
        office.account.refusals()
    )
    assert office.account.count(CHANNELS[name][2]) == len(answers)
