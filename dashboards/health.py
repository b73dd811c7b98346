"""Health of data and models: the lower half of the overview."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboards.answers import health as answers
from dashboards.cards import Card, show_cards
from dashboards.formatting import Spelling, spell_name
from dashboards.notices import is_published, nothing
from dashboards.reader import Reader
from dashboards.sources import show_source
from dashboards.tables import Row, show_table
from kith.registry import plugin_names
from ml.cards import PARTS

#: What a metric says, in words; others are shown by their name.
#: Told beside a metric (the baseline's) or in the calibration plot (the bins'), not as lines of their own.
BESIDE = PARTS
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
    """One line for each model: how good it was on a later time window, and when it was trained."""
    st.subheader("Health of predictions", anchor="predictions")
    if not is_published(reader, "model_runs"):
        return
    champions = answers.champions(reader)
    if not champions:
        nothing("No model has been trained yet: it needs history on both sides of a cut-off.")
        return
    rows = [_model(reader, spelling, each) for each in champions]
    show_table("Models and how good they are", ("Model", "Trained", "Measured by", "Quality"), rows)
    if "predictions" in plugin_names("dashboards.pages"):
        st.markdown("[Model cards, calibration and drift](predictions)")
    show_source(reader, "model_runs")


def _model(reader: Reader, spelling: Spelling, champion: dict[str, Any]) -> Row:
    metrics = answers.model_metrics(reader, champion["model"], champion["model_version"])
    found = dict(zip(metrics["metric"], metrics["metric_value"], strict=True))
    others = sorted(name for name in found if name not in METRICS and not name.startswith(BESIDE))
    name = next((each for each in (*METRICS, *others) if each in found), "")
    label, meaning = METRICS.get(name, (spell_name(name), ""))
    if (simple := found.get(f"baseline_{name}")) is not None:
        meaning = f"{meaning} · {spelling.number(simple, 3)} by recency alone".removeprefix(" · ")
    horizon = f"looks {champion['horizon_days']} days ahead · " if champion["horizon_days"] else ""
    note = f"{horizon}version {champion['model_version']} · {meaning}".removesuffix(" · ")
    trained = spelling.day(champion["trained_at"])
    return Row((spell_name(champion["model"]), trained, label, spelling.number(found.get(name), 3)), note)
