"""The test world: a shop with people who visit, buy and answer their mail, and the vendors around it.

    from sandbox.world import Shape, history
    world = history(Home(settings.home), sandbox_home, Shape(seed=7, people=200, days=30))

lands a small history in KITH_HOME in about a second (LandingLog, sources `web`, `app`, `shop`, `messages`;
the last instant is `sandbox.calendar.LAUNCH`) and keeps the hidden truth below `sandbox_home`. Two worlds of
one shape are equal to the last byte. `world.live(start, until)` yields what arrives after that, hour by hour.

A mail server to send to, with what it took in `postbox.received()` (message_id, to, at, file):

    from sandbox.mailbox import Habit, MailServer, Postbox
    with MailServer(Postbox(folder, clock), Habit(drop_after_dot=0.1)) as server:
        ...  # SMTP on 127.0.0.1:server.port; unknown@… is refused, some recipients are greylisted once

Nothing here is imported by the platform; this room imports the kernel alone.
"""
