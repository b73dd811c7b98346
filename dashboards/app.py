"""The dashboards' server: `streamlit run dashboards/app.py`.

The script that draws lies in a folder of its own. Streamlit takes a folder named `pages` beside a script for
its older kind of multi-page app, and then answers the first deep link after a start (`/person?person=…`) by
running that page's file alone, which leaves the visitor with a blank page.
"""

from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from dashboards.answers.metrics import warm
from dashboards.frame.first_page import first_page_route
from dashboards.sign_in.gate import Gate
from dashboards.sign_in.routes import sign_in_routes
from dashboards.sign_in.visitors import Visitors, visitors_of
from kith.settings import load_settings

_SETTINGS = load_settings()


def _visitors() -> Visitors:
    return visitors_of(_SETTINGS)


warm(_SETTINGS)

app = st.App(
    Path(__file__).parent / "frame" / "script.py",
    routes=[*sign_in_routes(_visitors), first_page_route()],
    middleware=[Middleware(Gate, visitors=_visitors)],
)
