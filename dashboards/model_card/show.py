"""The parts of a model's card."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboards import charts
from dashboards.answers import predictions as answers
from dashboards.cards import Card, show_cards
from dashboards.downloads import offer_csv
from dashboards.formatting import NONE, Spelling, plain, spell_name
from dashboards.model_card.chosen import Chosen
from dashboards.notices import nothing
from dashboards.pictures import curves
from dashboards.pictures.bars import named_bars
from dashboards.reader import Reader
from dashboards.sources import show_source
from dashboards.tables import Row, show_table
from ml.cards import PARTS

WORDS = {
    "auc": ("Ranking (ROC AUC)", "0.5 is chance, 1 is perfect"),
    "log_loss": ("Log loss", "less is better"),
    "brier": ("Brier score", "less is better"),
    "calibration_error": (
        "Calibration error",
        "mean distance of what was said and what came, less is better",
    ),
    "lift_at_10": ("Lift of the top tenth", "how much more often it comes true among the highest scores"),
    "base_rate": ("How often it comes true", "among everybody judged"),
    "qini": ("Qini", "orders more than in a random order, per person of all"),
    "crps": ("CRPS", "distance of the foreseen spread from what came, less is better"),
}
LATER = "The next training ({when}) publishes it: this one was recorded before that was kept."


def show_head(reader: Reader, spelling: Spelling, chosen: Chosen, scored: int) -> None:
    """What it says, whether it is in use, and what it was learned from."""
    told, training = chosen.definition, chosen.training
    if told.description:
        st.markdown(plain(told.description.strip()))
    if told.meaning:
        st.markdown(f"A score is the {plain(told.meaning)}.")
    state = chosen.state or ("champion when it was trained" if training["is_champion"] else "not in use")
    in_use = state.startswith("champion, in use")
    icon = ":green[:material/verified:]" if in_use else ":orange[:material/info:]"
    st.markdown(f"{icon} **{plain(state[:1].upper() + state[1:])}.** {plain(training['reason'])}")
    metric = chosen.definition.criteria[0] if chosen.definition.criteria else "auc"
    mine, rule = chosen.metrics.get(metric), chosen.metrics.get(f"baseline_{metric}")
    source = f"Table `model_runs`: {metric} of version {chosen.version}"
    show_cards(
        [
            Card(WORDS.get(metric, (spell_name(metric), ""))[0], spelling.number(mine, 4), source,
                 f"rule of thumb: {spelling.number(rule, 4)}"),
            Card("Learned from", spelling.number(int(training["train_rows"])), "Table `model_runs`: `train_rows`",
                 f"rows, as of {spelling.day(training['as_of'])}"),
            Card("Judged on", spelling.number(int(training["test_rows"])), "Table `model_runs`: `test_rows`",
                 f"rows from {spelling.day(training['test_cutoff_at'])}"),
            Card("People with a score", spelling.number(scored) if scored else NONE, "Table `scores`", "today"),
        ]
    )  # fmt: skip
    st.caption(
        f"Version `{chosen.version}` · {plain(training['candidate'])} · looks {training['horizon_days']} days ahead"
        f" · MLflow run `{str(training['mlflow_run_id'])[:8]}`"
    )
    show_source(reader, "model_runs", "scores", definition=told.path)


def show_calibration(reader: Reader, spelling: Spelling, chosen: Chosen) -> None:
    """Whether probabilities can be believed."""
    bins = chosen.bins
    if bins.empty:
        nothing("This prediction speaks no probability, so there is nothing to calibrate.")
        return
    error, noise, rows = (
        chosen.metrics.get(f"out_of_fold_{name}")
        for name in ("calibration_error", "calibration_noise", "rows")
    )
    charts.show_chart(
        curves.calibration(bins), "Observed rate over mean score in ten bins of equally many rows"
    )
    bound = chosen.definition.bound
    limit = f"; the gate allows {spelling.number(bound, 3)}" if bound else ""
    st.caption(
        f"Ten bins of equally many of {spelling.number(rows)} rows that the model hadn't seen. What was said lies "
        f"{spelling.number(error, 4)} off on average{limit}. Scores that are exactly right would show "
        f"{spelling.number(noise, 4)} by chance."
    )
    offer_csv(reader, bins, f"calibration-{chosen.model}")


def show_gain(reader: Reader, spelling: Spelling, chosen: Chosen) -> None:
    """How many are found among the highest scores."""
    found = {
        curves.MODEL: chosen.curve("gain_at_"),
        curves.CHAMPION: chosen.curve("champion_gain_at_"),
        curves.BASELINE: chosen.curve("baseline_gain_at_"),
    }
    if not found[curves.MODEL]:
        lift = chosen.metrics.get("lift_at_10")
        known = f" Its highest tenth holds {spelling.number(lift, 2)} times the usual share." if lift else ""
        nothing(f"{LATER.format(when='weekly unless its file says otherwise')}{known}")
        return
    drawn = {name: points for name, points in found.items() if points} | {
        curves.CHANCE: [(0.0, 0.0), (1.0, 1.0)]
    }
    charts.show_chart(
        curves.gain(drawn), "Share of all yeses reached over the share of people, highest scores first"
    )
    at_20 = dict(found[curves.MODEL]).get(0.2)
    st.caption(f"The highest fifth of the scores holds {spelling.percent(at_20)} of all who did it.")
    offer_csv(reader, _tidy(drawn), f"gain-{chosen.model}")


def show_qini(reader: Reader, spelling: Spelling, chosen: Chosen) -> None:
    """What is gained by writing to those first whom a message moves most; said and measured, by fifths."""
    found = {
        curves.MODEL: _per_hundred(chosen.curve("qini_at_", whole=False)),
        curves.CHAMPION: _per_hundred(chosen.curve("champion_qini_at_", whole=False)),
        curves.BASELINE: _per_hundred(chosen.curve("baseline_qini_at_", whole=False)),
    }
    if not found[curves.MODEL]:
        qini = [spelling.number(chosen.metrics.get(name), 4) for name in ("qini", "qini_lower", "qini_upper")]
        nothing(
            f"{LATER.format(when='weekly unless its file says otherwise')} Qini {qini[0]} ({qini[1]} to {qini[2]})."
        )
        return
    end = found[curves.MODEL][-1][1]
    drawn = {name: points for name, points in found.items() if points} | {
        curves.CHANCE: [(0.0, 0.0), (1.0, end)]
    }
    left, right = st.columns(2, gap="large")
    with left:
        charts.show_chart(curves.qini(drawn), "Orders gained over the share of people written to")
        offer_csv(reader, _tidy(drawn), f"qini-{chosen.model}")
    with right:
        groups = _groups(chosen)
        charts.show_chart(
            curves.told_and_found(groups), "Effect said (amber) and measured (teal, with bounds) by fifths"
        )
        st.caption("Amber: what was said. Teal: what was measured, with the bounds of chance.")
        offer_csv(reader, groups, f"effects-{chosen.model}")


def show_compared(reader: Reader, spelling: Spelling, chosen: Chosen) -> None:
    """This training, the champion before and the rule of thumb, on the very same rows."""
    metrics = chosen.metrics
    own = [name for name in metrics if not name.startswith(PARTS)]
    deciding = [name for name in chosen.definition.criteria if name in own]
    rows = [
        Row(
            (
                WORDS.get(name, (spell_name(name), ""))[0] + (" · decides" if name in deciding else ""),
                spelling.number(metrics[name], 4),
                spelling.number(metrics.get(f"champion_{name}"), 4),
                spelling.number(metrics.get(f"baseline_{name}"), 4),
            ),
            WORDS.get(name, ("", ""))[1],
        )
        for name in [*deciding, *(name for name in own if name not in deciding)]
    ]
    show_table("Figures of the training", ("Judged on the same rows", *_COMPARED), rows, numbers=3)
    frame = pd.DataFrame(
        [
            (name, metrics[name], metrics.get(f"champion_{name}"), metrics.get(f"baseline_{name}"))
            for name in own
        ],
        columns=["metric", "this_model", "champion_before", "strongest_rule_of_thumb"],
    )
    offer_csv(reader, frame, f"figures-{chosen.model}")


_COMPARED = ("This model", "Champion before", "Strongest rule of thumb")


def show_strengths(reader: Reader, spelling: Spelling, chosen: Chosen) -> None:
    """What the model goes by."""
    frame = chosen.strengths
    if frame.empty:
        nothing("This training tells no strengths of features.")
        return
    drawn = frame.assign(
        name=[spell_name(each) for each in frame["feature"]],
        label=[spelling.number(each, 4) for each in frame["strength"]],
    )
    chart = named_bars(drawn, "name", "strength", "Mean distance by which it moves a score", ".3f")
    charts.show_chart(chart, "Features by how much they move scores")
    offer_csv(reader, frame, f"strengths-{chosen.model}")


def show_drift(reader: Reader, chosen: Chosen) -> None:
    """How far today's people and scores lie from those on whom the champion was judged."""
    frame = answers.drift(reader, chosen.model)
    if frame.empty:
        nothing(
            "Nothing was scored yet, or this kind of prediction keeps no distributions to hold today's against."
        )
        return
    last = frame[frame["is_last"]].sort_values(["stability_index", "feature"], ascending=[False, True])
    shown = last.assign(
        feature=["The scores" if each == "score" else spell_name(each) for each in last["feature"]]
    )
    left, right = st.columns([3, 2], gap="large")
    with left:
        chart = curves.drift_bars(shown[["feature", "stability_index"]], answers.WATCH, answers.DRIFTED)
        charts.show_chart(chart, "Stability index of the scores and of each feature that is no longer stable")
        st.caption(
            "Features that aren't listed are stable. In a young shop everything that grows with time drifts."
        )
    with right:
        scores = frame[frame["feature"] == "score"]
        chart = curves.drift_course(scores[["judged_at", "stability_index"]], answers.WATCH, answers.DRIFTED)
        charts.show_chart(chart, "Stability index of the scores, scoring by scoring")
        st.caption(
            "The scores at each scoring. Below 0.1 they are stable, above 0.25 people are others by now."
        )
    show_source(reader, "quality_checks")
    offer_csv(reader, frame, f"drift-{chosen.model}")


def _groups(chosen: Chosen) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"group": number, **{part: chosen.metrics[f"group_{number}_{part}"] * 100 for part in _PARTS}}
            for number in range(1, 6)
            if f"group_{number}_told" in chosen.metrics
        ]
    )


_PARTS = ("told", "found", "error")


def _per_hundred(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(share, gained * 100) for share, gained in points]


def _tidy(drawn: dict[str, list[tuple[float, float]]]) -> pd.DataFrame:
    rows = [(name, share, reached) for name, points in drawn.items() for share, reached in points]
    return pd.DataFrame(rows, columns=["name", "share", "reached"])
