"""What a launch would do: reach after each gate, sends by channel and day, cost, expected effect. Asked of
`kith campaigns estimate` in a process of its own; the engine of a live run, into no log."""

from __future__ import annotations

from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.actions import run_command
from dashboards.compose.waterfall import waterfall
from dashboards.downloads import offer_csv
from dashboards.formatting import Spelling, plain, spell_name
from dashboards.notices import nothing
from dashboards.reader import Reader
from dashboards.tables import Row, show_table
from kith.errors import KithError
from kith.settings import Settings

_KEPT = "kith_forecasts"


def show_forecast(reader: Reader, spelling: Spelling, name: str, text: str) -> None:
    """The estimate of this very text; asked for by a click, kept until the text or the run changes."""
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        days = int(st.number_input("Days ahead", 1, 31, 7, key=f"days_{name}"))
    with right:
        is_asked = st.button("Estimate", icon=":material/calculate:", key=f"estimate_{name}")
    if is_asked:
        with st.spinner("Running the campaign into no log …"):
            _keep(reader, text, days)
    found = kept(reader, text, days)
    if found is None:
        nothing("Nothing is planned or sent by an estimate. It takes some seconds: the whole engine runs.")
    elif isinstance(found, str):
        st.error(plain(found), icon=":material/error:")
    else:
        _show(reader, spelling, found)


def kept(reader: Reader, text: str, days: int = 7) -> dict[str, Any] | str | None:
    """What was estimated for this text on this run: the answer, or why there is none; None if nobody asked."""
    return st.session_state.get(_KEPT, {}).get(_name_of(reader, text, days))


def forecast(reader: Reader, text: str, days: int = 7) -> dict[str, Any] | str:
    """The estimate, made now if it wasn't yet."""
    found = kept(reader, text, days)
    return _keep(reader, text, days) if found is None else found


def _keep(reader: Reader, text: str, days: int) -> dict[str, Any] | str:
    try:
        found: dict[str, Any] | str = estimate(reader.settings, text, days)
    except KithError as error:
        found = str(error)
    st.session_state.setdefault(_KEPT, {})[_name_of(reader, text, days)] = found
    return found


def estimate(settings: Settings, text: str, days: int) -> dict[str, Any]:
    """What `kith campaigns estimate` tells of a text that need not be saved. Raises KithError where it can't."""
    with TemporaryDirectory(prefix="kith-estimate-") as folder:
        path = Path(folder) / "campaign.yml"
        path.write_text(text, encoding="utf-8")
        done = run_command(settings, ("campaigns", "estimate", str(path), "--days", str(days)))
    if not done.is_done:
        raise KithError(
            (done.problem or "no estimate can be made").replace(f"{path}:", "line ").replace(str(path), "")
        )
    return done.told


def _name_of(reader: Reader, text: str, days: int) -> str:
    return f"{reader.run_id} {days} {md5(text.encode(), usedforsecurity=False).hexdigest()}"


def _show(reader: Reader, spelling: Spelling, found: dict[str, Any]) -> None:
    st.markdown(
        f"**{spelling.number(found['sent'])} messages** to {spelling.number(found['entrants'])} people of the "
        f"segment; {spelling.number(found['held_out'])} are held out."
    )
    reach = pd.DataFrame(found["reach"])
    reach["gate"] = [spell_name(each) for each in reach["gate"]]
    told = ", ".join(f"{gate} {left}" for gate, left in zip(reach["gate"], reach["left"], strict=True))
    charts.show_chart(waterfall(reach, found["sent"]), f"Messages left after each gate: {told}")
    _show_effect(spelling, found["effect"])
    _show_costs(spelling, found["costs"])
    sends = pd.DataFrame(found["sends"])
    if not sends.empty:
        with st.expander("By day and channel", icon=":material/calendar_month:"):
            st.dataframe(sends, hide_index=True, alt="Messages by day and channel")
            offer_csv(reader, sends, f"{found['name']}-sends")
    st.caption(f"`kith campaigns estimate`, as if it began at {found['since'][:16]}Z · run `{reader.run_id}`")


def _show_effect(spelling: Spelling, effect: list[dict[str, Any]]) -> None:
    if not effect:
        nothing("No uplift model speaks of these people: what the messages bring can't be told before.")
        return
    for each in effect:
        bounds = ""
        if each["measure"] == "orders":
            value = f"{spelling.number(each['expected'])} more orders"
            if each["lower"] is not None:
                bounds = f", between {spelling.number(each['lower'])} and {spelling.number(each['upper'])}"
        else:
            money = [spelling.money(each[part], each["currency"]) for part in ("expected", "lower", "upper")
                     if each[part] is not None]  # fmt: skip
            value = f"{money[0]} of orders"
            bounds = f", between {money[1]} and {money[2]}" if len(money) == 3 else ""
        st.markdown(f":material/trending_up: Expected: **{value}**{bounds} (95 %)")


def _show_costs(spelling: Spelling, costs: list[dict[str, Any]]) -> None:
    priced = [each for each in costs if each["amount"] is not None]
    rows = [
        Row(
            (
                spell_name(each["channel"]),
                spelling.number(each["messages"]),
                spelling.money(float(each["amount"]), each["currency"])
                if each in priced
                else "no price stated",
            )
        )
        for each in costs
    ]
    if rows:
        show_table("Cost by channel", ("Channel", "Messages", "Cost"), rows, numbers=2)
