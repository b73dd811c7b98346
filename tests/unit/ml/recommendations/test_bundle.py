"""What is kept comes back as it was, and lives on when the range changes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.sparse import csr_array

from ml.recommendations.bundle import RECOMMENDER, Bundle, load_bundle, over
from ml.recommendations.catalogue import catalogue_of
from ml.recommendations.contract import Recommender
from ml.recommendations.serving import product_lists

LINKS = csr_array(np.array([[0, 0.5, 0.2], [0.5, 0, 0], [0.4, 0, 0]], np.float32))
IDS = np.array(["a", "b", "c"])


def learned(links=LINKS) -> Recommender:
    return Recommender("similar", {"liked": 1.0}, links, 0.5, half_life_days=7.0, is_same_for_all=True)


def test_bundle__comes_back_as_it_was(tmp_path: Path) -> None:
    Bundle(IDS, {RECOMMENDER: learned(), "also_bought": learned(LINKS * 2)}).save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".json", ".npz"}
    found = load_bundle(tmp_path)
    assert found.ids.tolist() == IDS.tolist()
    assert (found.champion.links != LINKS).nnz == 0
    assert (found.recommenders["also_bought"].links != LINKS * 2).nnz == 0
    told = {name: value for name, value in vars(found.champion).items() if name != "links"}
    assert told == {name: value for name, value in vars(learned()).items() if name != "links"}


def test_over__follows_products_that_moved_and_drops_those_gone() -> None:
    later = catalogue_of(["0", "b", "c", "d"])
    found = over(learned(LINKS), IDS, later).links.toarray()
    assert not found.any()  # only a linked to the others
    moved = over(learned(), IDS, catalogue_of(["0", "a", "b"])).links.toarray()
    assert np.allclose(moved, [[0, 0, 0], [0, 0, 0.5], [0, 0.5, 0]])


def test_over__gives_a_new_product_the_mean_links_of_its_category() -> None:
    later = catalogue_of(["a", "b", "c", "new", "odd"], category=["x", "y", "y", "y", ""])
    found = over(learned(), IDS, later).links.toarray()
    assert np.allclose(found[:3, :3], LINKS.toarray())
    assert np.allclose(found[0, 3], (0.5 + 0.2) / 2)
    assert np.allclose(found[3, 0], (0.5 + 0.4) / 2)
    assert not found[4].any()
    assert not found[:, 4].any()


def test_over__an_empty_range_links_nothing() -> None:
    empty = catalogue_of(np.empty(0, str), category=np.empty(0, str))
    assert over(learned(), IDS, empty).links.shape == (0, 0)


def test_lists__hold_what_may_be_shown_in_order_and_never_the_product_itself() -> None:
    later = catalogue_of(["a", "b", "c", "new"], category=["x", "x", "x", "x"])
    bundle = Bundle(IDS, {RECOMMENDER: learned(), "also_bought": learned()})
    offered = np.array([True, True, False, True])
    rows = product_lists(bundle, later, offered, 10).to_pylist()
    found = {(row["product_id"], row["rank"]): row["recommended_product_id"] for row in rows}
    assert found["a", 1] == "b"
    assert found["a", 2] == "new"
    assert {other for (product, _), other in found.items() if product == "new"} == {"a", "b"}
    assert "c" not in found.values()
    assert {row["kind"] for row in rows} == {"also_bought"}
    assert product_lists(Bundle(IDS, {RECOMMENDER: learned()}), later, offered, 10).num_rows == 0
