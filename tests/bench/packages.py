"""The packages that benches are held against, in an environment of their own: ours stays as it is."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

#: Compiled from `packages.in` with `uv pip compile --generate-hashes`.
LOCK = Path(__file__).parents[2] / "requirements-bench.lock"


def install_packages(folder: Path, *, is_needed: bool = True) -> Path:
    """The Python of an environment below the bench's folder that holds the locked packages.

    Where they can't be had and aren't needed, the environment stays empty.
    """
    python = folder / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True, stdout=sys.stderr)
    words = ["install", "--quiet", "--disable-pip-version-check", "--require-hashes", "-r", LOCK]
    subprocess.run([python, "-m", "pip", *words], check=is_needed, stdout=sys.stderr)
    return python
