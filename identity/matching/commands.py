"""`kith identity match`: which rows of a file, or of two, are one and the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kith.cli import Output, with_output

if TYPE_CHECKING:
    from identity.matching.file_matching import FileMatching

SHOWN = 5


@click.command("match")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("other", metavar="[FILE2]", required=False, type=click.Path(path_type=Path))
@click.option("--mapping", required=True, metavar="M.yml", help="What the columns are.")
@click.option("--truth", metavar="EXPR", help="SQL that names a row's entity; its columns are withheld.")
@click.option("--threshold", type=float, metavar="P", help="Probability from which rows are one.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    metavar="OUT.parquet",
    help="Rows with their cluster; pairs go beside it, to OUT.pairs.parquet.",
)
@with_output()
def match(
    out: Output,
    file: Path,
    other: Path | None,
    mapping: str,
    truth: str | None,
    threshold: float | None,
    output: Path | None,
) -> None:
    """Find the rows of FILE that are one and the same, or link the rows of FILE and FILE2.

    With --truth, precision, recall and F1 over all pairs of rows are printed.
    """
    from identity.matching.file_matching import match_files
    from identity.matching.mapping import load_mapping
    from kith.errors import UsageError

    if threshold is not None and not 0 < threshold < 1:
        raise UsageError(f"{threshold} is no probability", where="--threshold", expected="between 0 and 1")
    if output is not None and output.suffix != ".parquet":
        raise UsageError(f"'{output}' is no Parquet file", where="--output", expected="a name in .parquet")
    with out.progress("matching") as advance:

        def progress(step: str) -> None:
            advance(1)
            out.note(step)

        files = [each for each in (file, other) if each is not None]
        found = match_files(files, load_mapping(mapping), truth, threshold, progress)
    if output is not None:
        _write(found, output)
    _print(out, found)


def _write(found: FileMatching, output: Path) -> None:
    import pyarrow.parquet as pq

    output.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(found.matching.rows, output)
    pq.write_table(found.matching.pairs, output.with_suffix(".pairs.parquet"))


def _print(out: Output, found: FileMatching) -> None:
    figures = _figures(found)
    pairs = found.matching.pairs
    if out.is_json:
        out.summary({**figures, "withheld": list(found.withheld), "matches": pairs.to_pylist()})
        return
    out.summary(figures)
    doubtful = pairs.sort_by([("score", "ascending"), ("left_row", "ascending")]).slice(0, SHOWN)
    if doubtful.num_rows:
        out.rows(doubtful.to_pylist(), title="the least certain pairs")


def _figures(found: FileMatching) -> dict[str, object]:
    matching, quality = found.matching, found.quality
    figures: dict[str, object] = {
        "rows": matching.rows.num_rows,
        "compared_pairs": matching.compared_pair_count,
        "pairs": matching.pairs.num_rows,
        "clusters": matching.cluster_count,
        "largest_cluster": matching.largest_cluster,
        "model_version": matching.model_version,
        "threshold": matching.threshold,
    }
    if quality is not None:
        figures |= {
            "withheld": ", ".join(found.withheld),
            "true_pairs": quality.true_pairs,
            "found_pairs": quality.found_pairs,
            "right_pairs": quality.right_pairs,
            "precision": quality.precision,
            "recall": quality.recall,
            "f1": quality.f1,
        }
    return figures
