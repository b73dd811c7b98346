"""The calls that vendors make: each until it hears 2xx, later each time."""

from __future__ import annotations

import asyncio
from collections import Counter

import aiohttp

from sandbox.emulation.contract import Callback

_TIMEOUT = aiohttp.ClientTimeout(total=15)


class Caller:
    """Lives on the server's loop. `told` counts the answers by status; 0 is no answer, and `given_up` those that never
    heard yes."""

    def __init__(self, wait: float = 0.5) -> None:
        self.wait = wait
        self.told: Counter[int] = Counter()
        self.given_up = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    @property
    def open_calls(self) -> int:
        """How many are still to be made or to be answered."""
        return len(self._tasks)

    def add(self, callback: Callback) -> None:
        """On the loop's own thread."""
        task = asyncio.get_running_loop().create_task(self._call(callback))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        if self._session is not None:
            await self._session.close()

    async def _call(self, callback: Callback) -> None:
        await asyncio.sleep(callback.after)
        for attempt in range(callback.tries):
            status = await self._ask(callback)
            self.told[status] += 1
            if 200 <= status < 300:
                return
            await asyncio.sleep(self.wait * 2**attempt)
        self.given_up += 1

    async def _ask(self, callback: Callback) -> int:
        if self._session is None:
            self._session = aiohttp.ClientSession(timeout=_TIMEOUT, auto_decompress=False)
        try:
            async with self._session.request(
                callback.method,
                callback.url,
                data=callback.body or None,
                headers=callback.headers,
                allow_redirects=False,
            ) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, TimeoutError, OSError):
            return 0
