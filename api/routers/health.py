"""Whether this process can do its work."""

import sqlalchemy as sa
from fastapi import APIRouter, Response
from sqlalchemy.exc import SQLAlchemyError

from api.tracking import Tracking

plugin = APIRouter(tags=["operations"])


@plugin.get("/health")
def health(response: Response, tracking: Tracking) -> dict[str, str]:
    """200 `ok` when the state database answers; 503 otherwise."""
    try:
        with tracking.database.read() as connection:
            connection.execute(sa.text("SELECT 1"))
    except SQLAlchemyError:
        response.status_code = 503
        return {"status": "the state database does not answer"}
    return {"status": "ok"}
