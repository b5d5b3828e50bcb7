"""Pings on one stream that stays open, in fractions of a millisecond: the library's client tells whole ones."""

from __future__ import annotations

import secrets
import time

from libp2p.host.ping import ID as PING
from libp2p.host.ping import PING_LENGTH
from libp2p.io.utils import read_exactly

MS_PER_SECOND = 1000


class Pinger:
    def __init__(self, stream) -> None:
        self._stream = stream

    @classmethod
    async def open(cls, host, peer_id) -> Pinger:
        return cls(await host.new_stream(peer_id, [PING]))

    async def ping(self) -> float:
        """Returns milliseconds until the answer. Raises ValueError when the answer is another one."""
        data = secrets.token_bytes(PING_LENGTH)
        started = time.perf_counter()
        await self._stream.write(data)
        answer = await read_exactly(self._stream, PING_LENGTH)
        elapsed_ms = (time.perf_counter() - started) * MS_PER_SECOND

        if answer != data:
            raise ValueError("the answer to a ping is another one")

        return elapsed_ms

    async def close(self) -> None:
        await self._stream.close()
