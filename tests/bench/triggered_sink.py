"""A mail server that notes when it took each mail: `python -m tests.bench.triggered_sink LOG` prints its port."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time

from tests.integration.delivery import smtp_sink


class TimedSink(smtp_sink.Sink):
    """One JSON line per mail: who it went to, and the machine's time just before the server says yes."""

    def _write(self, recipient: str, mail: bytes) -> None:
        os.write(self.log, json.dumps({"recipient": recipient, "at": time.time()}).encode() + b"\n")


if __name__ == "__main__":
    smtp_sink.Sink = TimedSink
    asyncio.run(smtp_sink.main(sys.argv[1], 0.0))
