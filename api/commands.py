"""`kith serve`: the API in this process."""

from __future__ import annotations

import click

from kith.settings import load_settings


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8300, show_default=True, help="Port to listen on.")
def serve(host: str, port: int) -> None:
    """Serve the links of messages: open pixel, click redirect, one-click unsubscribe; and /health."""
    import uvicorn

    from api.app import create_app
    from kith.clock import system_clock

    settings = load_settings()
    app = create_app(settings, system_clock(settings))
    # No access log: it would hold the addresses and links of people.
    uvicorn.run(app, host=host, port=port, access_log=False, server_header=False, log_level="warning")
