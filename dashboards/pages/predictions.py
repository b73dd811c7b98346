"""How far can the predictions be trusted, and have people changed since they were learned?"""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import health
from dashboards.answers import predictions as answers
from dashboards.choice import choose
from dashboards.downloads import offer_csv
from dashboards.formatting import NONE, Spelling, is_absent, spell_name
from dashboards.model_card import show
from dashboards.model_card.chosen import Chosen, chosen_of, definition_of
from dashboards.notices import is_published, nothing, visitor_spelling
from dashboards.page import Page
from dashboards.reader import Reader
from dashboards.scales import is_rate, scale_of
from dashboards.sources import show_source


def draw(reader: Reader) -> None:
    """All predictions, then the card of the chosen one."""
    if not is_published(reader, "model_runs", "scores", "quality_checks"):
        return
    trainings = answers.trainings(reader)
    if trainings.empty:
        nothing("No model has been trained yet: it needs history on both sides of a cut-off.")
        return
    spelling = visitor_spelling(reader)
    standing = answers.standing(reader)
    _show_list(reader, spelling, trainings, standing)
    left, right = st.columns([3, 2])
    with left:
        model = choose("Prediction", "prediction", sorted(trainings["model"].unique()))
    if not model:
        return
    own = trainings[trainings["model"] == model]
    with right:
        version = _choose_version(own, model)
    training = {str(name): each for name, each in own[own["model_version"] == version].iloc[0].items()}
    chosen = chosen_of(reader, training)
    found = standing[standing["model"] == model]["scored_count"]
    _show_card(reader, spelling, chosen, int(found.iloc[0]) if len(found) and found.iloc[0] > 0 else 0)


def _choose_version(own: pd.DataFrame, model: str) -> str:
    """The newest champion unless another is asked for."""
    versions = own["model_version"].tolist()
    champions = own[own["is_champion"]]["model_version"].tolist()
    roles = {
        row["model_version"]: "passed the gate" if row["is_champion"] else "refused by the gate"
        for row in own.to_dict("records")
    }
    usual = champions[0] if champions else versions[0]
    ordered = [usual, *(each for each in versions if each != usual)]
    chosen = st.selectbox(
        "Training", ordered, key=f"version_of_{model}", bind="query-params",
        format_func=lambda version: f"Version {version}, {roles[version]}",
    )  # fmt: skip
    return chosen or usual


def _show_list(reader: Reader, spelling: Spelling, trainings: pd.DataFrame, standing: pd.DataFrame) -> None:
    champions = trainings[trainings["is_champion"]].drop_duplicates("model")
    newest = trainings.drop_duplicates("model")
    shown = pd.concat([champions, newest[~newest["model"].isin(champions["model"])]]).sort_values("model")
    rows = [_list_row(reader, spelling, row) for _, row in shown.iterrows()]
    frame = pd.DataFrame(rows).merge(standing.drop(columns="model_version"), on="model", how="left")
    frame["prediction"] = [spell_name(each) for each in frame["model"]]
    frame["drift"] = [_reading(value) for value in frame["drift"]]
    frame["drifted_count"] = [NONE if is_absent(each) else f"{each:.0f}" for each in frame["drifted_count"]]
    frame["scored_at"] = [spelling.instant(each) for each in frame["scored_at"]]
    st.dataframe(
        frame,
        hide_index=True,
        alt="All predictions with their quality and drift",
        column_order=["prediction", "standing", "metric", "told", "rule", "scored_count", "drift", "drifted_count",
                      "trained_at"],
        column_config={
            "prediction": st.column_config.TextColumn("Prediction", pinned=True),
            "standing": "Last champion",
            "metric": "Decided by",
            "told": st.column_config.NumberColumn("This model", format="%.4f"),
            "rule": st.column_config.NumberColumn("Rule of thumb", format="%.4f"),
            "scored_count": st.column_config.NumberColumn("People scored", format="localized"),
            "drift": "Scores are",
            "drifted_count": "Drifted features",
            "trained_at": "Trained",
        },
    )  # fmt: skip
    show_source(reader, "model_runs", "scores", "quality_checks")
    offer_csv(reader, frame, "predictions")


def _list_row(reader: Reader, spelling: Spelling, row: Any) -> dict[str, Any]:
    model, version = str(row["model"]), str(row["model_version"])
    metrics = answers.metrics_of(reader, model, version)
    criteria = definition_of(reader.settings, model).criteria
    metric = next((each for each in (*criteria, "auc") if each in metrics), "")
    return {
        "model": model,
        "standing": f"version {version}" if row["is_champion"] else "none passed the gate",
        "metric": spell_name(metric),
        "told": metrics.get(metric),
        "rule": metrics.get(f"baseline_{metric}"),
        "trained_at": spelling.day(row["trained_at"]),
    }


def _reading(index: float | None) -> str:
    if index is None or index != index:
        return NONE
    return "stable" if index < answers.WATCH else "to be watched" if index <= answers.DRIFTED else "drifted"


def _show_card(reader: Reader, spelling: Spelling, chosen: Chosen, scored: int) -> None:
    st.subheader(spell_name(chosen.model), anchor="card")
    show.show_head(reader, spelling, chosen, scored)
    quality, compared, goes_by, today, drift, limits = st.tabs(
        ["How good it is", "Against the champion", "What it goes by", "Scores today", "Drift", "Limits"]
    )
    with quality:
        _show_quality(reader, spelling, chosen)
    with compared:
        show.show_compared(reader, spelling, chosen)
    with goes_by:
        show.show_strengths(reader, spelling, chosen)
    with today:
        _show_scores(reader, spelling, chosen)
    with drift:
        show.show_drift(reader, chosen)
    with limits:
        for each in (*chosen.definition.limits, *_general_limits()):
            st.markdown(f"- {each}")


def _general_limits() -> tuple[str, ...]:
    from ml.cards import LIMITS

    return LIMITS


def _show_quality(reader: Reader, spelling: Spelling, chosen: Chosen) -> None:
    if "qini" in chosen.metrics:
        show.show_qini(reader, spelling, chosen)
        return
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**Does it come true as often as it says?**")
        show.show_calibration(reader, spelling, chosen)
    with right:
        st.markdown("**How many are found among the highest scores?**")
        if chosen.bins.empty:
            nothing("Gains are told of a yes or no; this prediction says something else.")
        else:
            show.show_gain(reader, spelling, chosen)


def _show_scores(reader: Reader, spelling: Spelling, chosen: Chosen) -> None:
    scale = scale_of(chosen.model)
    low, high = (0.0, 1.0) if is_rate(scale) else (None, None)
    frame = health.score_distribution(reader, chosen.model, low, high, 40)
    if frame.empty:
        nothing("Nobody has a score now: none was made yet, or scores were withdrawn.")
        return
    told = answers.score_range(reader, chosen.model)
    unit = scale.unit or "number"
    chart = charts.histogram(frame, "score_from", "score_to", "people", f"Score ({unit})", "People")
    charts.show_chart(chart, f"Distribution of the {chosen.model} score over {told['people']} people")
    st.caption(
        f"{spelling.number(told['people'])} people; half of them below {spelling.number(told['median'], 3)}, a tenth "
        f"above {spelling.number(told['ninetieth'], 3)}."
        + ("" if is_rate(scale) else " The highest hundredth stands in the last bar.")
    )
    show_source(reader, "scores")
    offer_csv(reader, frame, f"scores-{chosen.model}")


plugin = Page(
    title="Predictions",
    question="How far can the predictions be trusted, and have people changed since they were learned?",
    icon=":material/insights:",
    group="Understand",
    order=70,
    draw=draw,
)
