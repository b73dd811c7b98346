"""The built component is what its sources give, holds everything that it needs, and tells whose work it bundles."""

from __future__ import annotations

import json
import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from dashboards.canvas.component import FOLDER
from kith.settings import child_environment

FRONTEND, BUILD = FOLDER / "frontend", FOLDER / "build"
ALSO = ("build.mjs", "package.json", "package-lock.json", "tsconfig.json")


def digest(folder: Path) -> str:
    """As `build.mjs` computes it."""
    names = [*(f"src/{path.name}" for path in sorted((folder / "src").iterdir())), *ALSO]
    told = sha256()
    for name in names:
        told.update(f"{name}\n".encode() + (folder / name).read_bytes() + b"\n")
    return told.hexdigest()


def test_build__is_of_these_sources() -> None:
    assert (BUILD / "sources.sha256").read_text().strip() == digest(FRONTEND), (
        "npm run build in dashboards/canvas/frontend"
    )


def test_build__is_one_script_and_one_sheet_that_fetch_nothing() -> None:
    assert {path.name for path in BUILD.iterdir()} == {
        "canvas.js",
        "canvas.css",
        "NOTICES.txt",
        "sources.sha256",
    }
    sheet, script = (BUILD / "canvas.css").read_text(), (BUILD / "canvas.js").read_text()
    assert "@import" not in sheet
    assert "url(http" not in sheet
    assert "import(" not in script
    assert "fetch(" not in script
    assert len(script) < 600_000


def test_lock__holds_digests_and_no_addresses() -> None:
    packages = json.loads((FRONTEND / "package-lock.json").read_text())["packages"]
    assert all("resolved" not in each for each in packages.values())
    assert all("integrity" in each for name, each in packages.items() if name)
    assert "http" not in (FRONTEND / "package-lock.json").read_text()


def test_notices__name_every_bundled_library() -> None:
    notices = (BUILD / "NOTICES.txt").read_text()
    for name in ("@xyflow/react", "react-dom", "scheduler", "zustand", "d3-zoom"):
        assert f"\n{name} " in notices
    assert "MIT" in notices


def test_build__comes_out_again(tmp_path: Path) -> None:
    if not shutil.which("node") or not (FRONTEND / "node_modules" / "esbuild").exists():
        pytest.skip("needs node and `npm ci` in dashboards/canvas/frontend")
    done = subprocess.run(
        ["node", "build.mjs", str(tmp_path)], cwd=FRONTEND, env=child_environment(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("canvas.js", "canvas.css", "NOTICES.txt", "sources.sha256"):
        assert (tmp_path / name).read_bytes() == (BUILD / name).read_bytes(), name
