"""`make bench [ONLY=name]`: one JSON line an entry on standard output, progress on standard error."""

from __future__ import annotations

import json
import sys

from tests.bench.frame import Disagreement, entry_names, run_entry


def main(only: list[str]) -> int:
    """Run the entries; 1 where the sides of one disagree or one could not run, 2 for an unknown name."""
    unknown = set(only) - set(entry_names())
    if unknown:
        print(f"no bench named {', '.join(unknown)}; there are {', '.join(entry_names())}", file=sys.stderr)
        return 2
    failed = 0
    for name in only or entry_names():
        try:
            line = run_entry(name, lambda text: print(text, file=sys.stderr, flush=True))
            print(json.dumps(line), flush=True)
        except Disagreement as error:
            print(error, file=sys.stderr)
            failed = 1
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
