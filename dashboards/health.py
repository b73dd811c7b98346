"""Health of data and models: the lower half of the overview."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards import charts
from dashboards.answers import health as answers
from dashboards.cards import Card, show_cards
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import is_published, nothing
from dashboards.reader import Reader
from dashboards.scales import is_rate, scale_of
from dashboards.tables import Row, show_table

#: What a metric says, in words; others are shown by their name.
#: Told beside a metric (the baseline's) or in the calibration plot (the bins'), not as lines of their own.
BESIDE = ("baseline_", "bin_")
METRICS = {
    "auc": ("Ranking (ROC AUC)", "0.5 is chance, 1 is perfect"),
    "lift_at_10": ("Lift of the top tenth", "how much more often it comes true among the highest scores"),
    "pr_auc": ("Average precision", "compare with the base rate"),
    "base_rate": ("Base rate", "share of people for whom it came true"),
    "calibration_error": ("Calibration error", "mean distance of predicted from observed rates"),
    "brier": ("Brier score", "mean squared error of the probability; lower is better"),
    "log_loss": ("Log loss", "surprise at what came true; lower is better"),
}


def show_quality(reader: Reader, spelling: Spelling) -> None:
    """Rows in = rows landed + rows set aside, and the verdict of each check."""
    st.subheader("Quality of what arrived", anchor="quality")
    if not is_published(reader, "quality_checks"):
        return
    arrivals = answers.count_arrivals(reader)
    if not arrivals.checks:
        nothing("No batch has been judged yet.")
        return
    table = "Table `quality_checks`"
    share = spelling.share(arrivals.rows_set_aside, arrivals.rows_in, 2)
    passed = arrivals.checks - arrivals.checks_failed
    show_cards(
        [
            Card(
                "Rows in",
                spelling.number(arrivals.rows_in),
                table,
                f"{spelling.number(arrivals.batches)} batches",
            ),
            Card("Rows landed", spelling.number(arrivals.rows_landed), table, "now in the lake"),
            Card(
                "Set aside",
                spelling.number(arrivals.rows_set_aside),
                table,
                f"{share} of rows in, with reasons",
            ),
            Card(
                "Checks passed",
                f"{spelling.number(passed)} of {spelling.number(arrivals.checks)}",
                table,
                f"{spelling.number(arrivals.blocking_failed)} refused a batch",
            ),
        ]
    )
    _say_whether_conserved(arrivals, spelling)
    with st.expander("Every check, by source", icon=":material/checklist:"):
        _show_checks(reader, spelling)


def _say_whether_conserved(arrivals: answers.Arrivals, spelling: Spelling) -> None:
    gap = arrivals.rows_in - arrivals.rows_landed - arrivals.rows_set_aside
    if gap == 0:
        st.caption(":green[:material/check_circle:] Every row that came in either landed or was set aside.")
    else:
        st.warning(
            f"{spelling.number(gap)} rows are held with the batch that a check refused: `kith held list`.",
            icon=":material/warning:",
        )


def _show_checks(reader: Reader, spelling: Spelling) -> None:
    frame = answers.checks_by_source(reader)
    frame["last_at"] = [spelling.instant(each) for each in frame["last_at"]]
    frame["check_name"] = [spell_name(each) for each in frame["check_name"]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="Checks of arrivals by source",
        column_config={
            "source": "Source",
            "check_name": st.column_config.TextColumn("Check", width="large"),
            "is_blocking": st.column_config.CheckboxColumn("Blocks a batch"),
            "asked_count": st.column_config.NumberColumn("Asked", format="localized"),
            "failed_count": st.column_config.NumberColumn("Failed", format="localized"),
            "is_passed": st.column_config.CheckboxColumn("Passed last time"),
            "last_at": "Last asked",
        },
    )


def show_models(reader: Reader, spelling: Spelling) -> None:
    """A card for each model: what it predicts from what, how good it is, how its scores are spread."""
    st.subheader("Predictions", anchor="predictions")
    if not is_published(reader, "model_runs"):
        return
    champions = answers.champions(reader)
    if not champions:
        nothing("No model has been trained yet: it needs history on both sides of a cut-off.")
    for champion in champions:
        _show_model(reader, spelling, champion)


def _show_model(reader: Reader, spelling: Spelling, champion: dict[str, Any]) -> None:
    model, version = champion["model"], champion["model_version"]
    with st.container(border=True):
        st.markdown(f"#### {spell_name(model)}")
        horizon = f"looks {champion['horizon_days']} days ahead · " if champion["horizon_days"] else ""
        st.caption(
            f"{horizon}version `{version}` · trained {spelling.instant(champion['trained_at'])} on "
            f"{spelling.number(champion['train_rows'])} people-moments, tested on "
            f"{spelling.number(champion['test_rows'])} later ones"
        )
        left, right = st.columns([2, 3], gap="large")
        with left:
            _show_metrics(reader, spelling, model, version)
        with right:
            _show_scores(reader, spelling, model)


def _show_metrics(reader: Reader, spelling: Spelling, model: str, version: str) -> None:
    metrics = answers.model_metrics(reader, model, version)
    found = dict(zip(metrics["metric"], metrics["metric_value"], strict=True))
    others = (name for name in found if name not in METRICS and not name.startswith(BESIDE))
    rows = []
    for name in [*(name for name in METRICS if name in found), *others]:
        label, meaning = METRICS.get(name, (spell_name(name), ""))
        if (simple := found.get(f"baseline_{name}")) is not None and name != "base_rate":
            meaning = f"{meaning} · {spelling.number(simple, 3)} by recency alone".removeprefix(" · ")
        rows.append(Row((label, spelling.number(found[name], 3)), meaning))
    show_table(f"Quality of {model}", ("Measured on a later time window", ""), rows)


def _show_scores(reader: Reader, spelling: Spelling, model: str) -> None:
    st.markdown("**How scores are spread today**")
    if not is_published(reader, "scores"):
        return
    low, high = (0.0, 1.0) if is_rate(scale := scale_of(model)) else (None, None)
    frame = answers.score_distribution(reader, model, low, high)
    if frame.empty:
        nothing("Nobody has a score yet.")
        return
    people = spelling.number(int(frame["people"].sum()))
    chart = charts.histogram(
        frame, "score_from", "score_to", "people", f"Score ({scale.unit or 'number'})", "People"
    )
    charts.show_chart(chart, f"Distribution of the {model} score over {people} people")
