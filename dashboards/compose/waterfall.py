"""How many messages are left after each gate: a waterfall from what falls due to what is sent."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboards.charts import ROSE, SLATE, TEAL, Layers


def waterfall(reach: pd.DataFrame, sent: int) -> Layers:
    """`gate, withheld, left` in the gates' order; gates that withhold nobody are left out."""
    frame = bars(reach, sent)
    base = alt.Chart(frame, height=alt.Step(34)).encode(
        y=alt.Y(
            "gate:N",
            sort=None,
            title=None,
            axis=alt.Axis(grid=False, domain=False, ticks=False, labelLimit=180),
        ),
        tooltip=[alt.Tooltip("gate:N", title="Gate"), alt.Tooltip("count:Q", title="Messages", format=",")],
    )
    kinds = alt.Scale(domain=["left", "withheld"], range=[TEAL, ROSE])
    most = float(frame["end"].max() or 1) * 1.18
    bar = base.mark_bar(cornerRadius=3, height=22).encode(
        x=alt.X("start:Q", title="Messages", axis=alt.Axis(format="~s", grid=False),
                scale=alt.Scale(domain=[0, most])),
        x2="end:Q",
        color=alt.Color("kind:N", scale=kinds, legend=None),
    )  # fmt: skip
    text = base.mark_text(align="left", dx=6, fontSize=12, color=SLATE).encode(x="end:Q", text="label:N")
    return alt.layer(bar, text)


def bars(reach: pd.DataFrame, sent: int) -> pd.DataFrame:
    """`gate, start, end, count, kind, label`: whole bars for what falls due and is sent, floating ones between."""
    rows = []
    for each in reach.to_dict("records"):
        if each["gate"].lower() == "planned":
            rows.append(("Fall due", 0, each["left"], each["left"], "left", f"{each['left']:,}"))
        elif each["withheld"]:
            start, end = each["left"], each["left"] + each["withheld"]
            rows.append((each["gate"], start, end, each["withheld"], "withheld", f"−{each['withheld']:,}"))
    rows.append(("Sent", 0, sent, sent, "left", f"{sent:,}"))
    return pd.DataFrame(rows, columns=["gate", "start", "end", "count", "kind", "label"])
