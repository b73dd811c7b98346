"""The dashboards' server: `streamlit run dashboards/app.py`.

The script that draws lies in a folder of its own. Streamlit takes a folder named `pages` beside a script for
its older kind of multi-page app, and then answers the first deep link after a start (`/person?person=…`) by
running that page's file alone, which leaves the visitor with a blank page.
"""

from pathlib import Path

import streamlit as st

app = st.App(Path(__file__).parent / "frame" / "script.py")
