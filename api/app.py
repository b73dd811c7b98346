"""The HTTP application. Routers are found by their file: `api/routers/<name>.py` with a `plugin`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI

from activation.contract import HelpAsked
from activation.delivery.links import LinkSigner
from activation.delivery.receipts import ReceiptIntake
from api.guards import BodyLimit, SecurityHeaders
from api.tracking import Tracker
from kith import __version__
from kith.clock import Clock
from kith.lake import Home
from kith.landing import LandingLog
from kith.registry import plugins
from kith.settings import Settings
from kith.state import StateDatabase

# Links in mails are the first source of events; their landing is a source of its own.
SOURCE = "links"


def _answer(settings: Settings, asked: Sequence[HelpAsked], clock: Clock) -> None:
    from activation.journeys.help_answers import answer_help

    answer_help(settings, asked, clock.now())


def create_app(settings: Settings, clock: Clock) -> FastAPI:
    """The application over one home. Raises KithError when there is no signing key."""
    tracker = Tracker(
        StateDatabase.open(settings),
        LinkSigner(settings.secret, settings.public_url),
        LandingLog(Home(settings.home), SOURCE, clock),
        clock,
    )
    receipts = ReceiptIntake.open(
        settings, tracker.database, clock, lambda asked: _answer(settings, asked, clock)
    )

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        receipts.close()
        tracker.log.close()
        tracker.database.close()

    app = FastAPI(title="Kith", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.tracker, app.state.receipts = tracker, receipts
    for router in plugins("api.routers", APIRouter).values():
        app.include_router(router)
    app.add_middleware(BodyLimit)
    app.add_middleware(SecurityHeaders)
    return app
