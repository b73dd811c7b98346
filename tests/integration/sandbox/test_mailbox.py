"""The mail server takes real mail over real SMTP, and accounts for each before it says yes."""

import smtplib
from collections import Counter

import pytest

from kith.ids import share
from sandbox.providers import provider_of
from tests.integration.sandbox.letters import mail_to, send_all


def addresses(world, exists=True):
    identity, temper = world.shop.people.identity, world.shop.people.temper
    return [email for person, email in enumerate(identity.email) if temper.mailbox_exists[person] == exists]


def test_mailbox__accounts_for_each_mail_with_its_recipient(town, links):
    opened = town()
    wanted = addresses(opened.world)[:20]
    refused = send_all(opened.server.port, [mail_to(to, links.url, n) for n, to in enumerate(wanted)])
    received = opened.postbox.received()
    assert refused == {}
    assert [row["to"] for row in received] == wanted
    assert [row["message_id"] for row in received] == [f"<{n:032x}@shop.example>" for n in range(20)]
    assert all((opened.postbox.folder / row["file"]).exists() for row in received)


def test_mailbox__refuses_who_has_no_mailbox(town, links):
    opened = town()
    nobody = [*addresses(opened.world, exists=False), "stranger@example.com", "unknown@elsewhere.test"]
    refused = send_all(opened.server.port, [mail_to(to, links.url, n) for n, to in enumerate(nobody)])
    assert set(refused) == set(nobody)
    assert {reply[0] for reply in refused.values()} == {550}
    assert {reply[1][:5] for reply in refused.values()} == {b"5.1.1"}
    assert opened.postbox.received() == []


def test_mailbox__puts_some_off_once_and_then_lets_them_in(town, links):
    opened = town(greylists=True)
    wanted = addresses(opened.world)[:80]
    grey = {to for to in wanted if share(to, "greylist") < provider_of(to).greylist_rate}
    mails = [mail_to(to, links.url, n) for n, to in enumerate(wanted)]
    first = send_all(opened.server.port, mails)
    assert set(first) == grey
    assert {reply[0] for reply in first.values()} == {451}
    assert send_all(opened.server.port, [mail for mail in mails if mail["To"] in grey]) == {}
    assert len(opened.postbox.received()) == len(wanted)


def test_mailbox__hangs_up_after_the_dot_with_the_mail_kept(town, links):
    opened = town(drop_after_dot=1.0)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send_all(opened.server.port, [mail_to(addresses(opened.world)[0], links.url)])
    assert len(opened.postbox.received()) == 1


def test_mailbox__drops_about_the_share_that_was_asked_for(town, links):
    opened = town(drop_after_dot=0.3)
    dropped = 0
    for number, to in enumerate(addresses(opened.world)[:60]):
        try:
            send_all(opened.server.port, [mail_to(to, links.url, number)])
        except smtplib.SMTPServerDisconnected:
            dropped += 1
    assert 8 <= dropped <= 28
    assert len(opened.postbox.received()) == 60


def test_mailbox__counts_copies_and_shows_a_reader_only_the_first(town, links):
    opened = town()
    to = addresses(opened.world)[0]
    send_all(opened.server.port, [mail_to(to, links.url, 5)] * 3)
    copies = Counter(row["message_id"] for row in opened.postbox.received())
    assert copies == {f"<{5:032x}@shop.example>": 3}
    assert sum(opened.answers.mails.values()) == 1
    assert len(list(opened.postbox.folder.glob("*.eml"))) == 3


def test_mailbox__waits_as_long_as_it_was_told(town, links):
    import time

    opened = town(latency=0.2)
    start = time.monotonic()
    send_all(opened.server.port, [mail_to(addresses(opened.world)[0], links.url)])
    assert time.monotonic() - start >= 0.4
