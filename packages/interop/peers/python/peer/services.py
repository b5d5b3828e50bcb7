"""The listener's side of every row."""

from __future__ import annotations

import hashlib
import json
import sys

import trio
from libp2p.network.stream.exceptions import StreamEOF

from .protocols import (
    ECHO,
    ENOUGH,
    FIRST_BYTES,
    HALF_CLOSE,
    HALF_CLOSE_BYTES,
    HALF_CLOSE_WAIT_SECONDS,
    OBSERVED,
    RESET,
    RESET_CODE,
    RESET_WAIT_SECONDS,
    SINK,
    STOP_WRITING,
    TRANSFER,
    TRANSFER_BYTES,
)
from .streams import READ_BYTES, pattern, receive, receive_to_end, send_to_end


def serve_rows(host) -> None:
    """What fails is told on standard error and harms one stream."""
    observed = {"bytes": 0, "ended": None, "code": None}

    async def sink(stream) -> None:
        count = Count()
        ended = await receive(stream, count.push)
        # the code of a reset is not told by py-libp2p
        observed.update(bytes=count.bytes, ended=ended, code=None)

        if ended == "eof":
            await stream.close()

    async def tell_observed(stream) -> None:
        await receive_to_end(stream, lambda data: None)
        await send_to_end(stream, [json.dumps(observed).encode() + b"\n"])

    services = {
        ECHO: echo,
        TRANSFER: transfer,
        HALF_CLOSE: half_close,
        SINK: sink,
        OBSERVED: tell_observed,
        RESET: reset,
        STOP_WRITING: stop_writing,
    }

    for protocol, service in services.items():
        host.set_stream_handler(protocol, guarded(protocol, service))


class Count:
    def __init__(self) -> None:
        self.bytes = 0

    def push(self, data: bytes) -> None:
        self.bytes += len(data)


def guarded(protocol, service):
    async def handler(stream) -> None:
        try:
            await service(stream)
        except Exception as err:
            print(f"{protocol}: {err!r}", file=sys.stderr)
            await stream.reset()

    return handler


async def echo(stream) -> None:
    while True:
        try:
            data = await stream.read(READ_BYTES)
        except StreamEOF:
            break

        await stream.write(data)

    await stream.close_write()


async def transfer(stream) -> None:
    digest = hashlib.sha256()
    await receive_to_end(stream, digest.update)
    await stream.write(digest.digest())
    await send_to_end(stream, pattern(TRANSFER_BYTES))


async def half_close(stream) -> None:
    await receive_to_end(stream, lambda data: None)
    await trio.sleep(HALF_CLOSE_WAIT_SECONDS)
    await send_to_end(stream, pattern(HALF_CLOSE_BYTES))


async def reset(stream) -> None:
    await stream.read(1)

    for piece in pattern(FIRST_BYTES):
        await stream.write(piece)

    await trio.sleep(RESET_WAIT_SECONDS)
    # the stream of the muxer takes a code, that of the host does not
    await stream.muxed_stream.reset(RESET_CODE)


async def stop_writing(stream) -> None:
    left = FIRST_BYTES

    while left > 0:
        left -= len(await stream.read(left))

    await stream.close_read()
    await send_to_end(stream, [ENOUGH])
