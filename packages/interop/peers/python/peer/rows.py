"""The dialer's side of the rows, by the names of `peers/README.md`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trio
from libp2p.abc import INotifee
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.peer.id import ID
from libp2p.peer.peerinfo import PeerInfo

from .exceptions import leaves
from .ping import Pinger
from .protocols import (
    ECHO,
    ENOUGH,
    FIRST_BYTES,
    HALF_CLOSE,
    HALF_CLOSE_BYTES,
    OBSERVED,
    RESET,
    RESET_CODE,
    RESET_WAIT_SECONDS,
    SINK,
    STOP_WRITING,
    TRANSFER,
    TRANSFER_BYTES,
)
from .services import Count
from .streams import PatternCheck, pattern, receive, receive_to_end, send_to_end

STREAMS = 100

STREAM_BYTES = 4096

DIGEST_BYTES = 32

# By then a writer must have been told that nobody reads.
STOP_SECONDS = 10

# Longer than the 30 s after which a connection without keep-alive is lost.
SILENCE_SECONDS = 35


class Unsupported(Exception):
    """There is no way for it in the API of py-libp2p."""


@dataclass
class Target:
    host: object
    # Of the listener.
    peer: PeerInfo


async def run_row(name: str, target: Target) -> dict:
    """Whatever goes wrong in a row is its report."""
    try:
        result = await ROWS[name](target)
    except Unsupported as err:
        return {"row": name, "unsupported": str(err)}
    except Exception as err:
        return {"row": name, "ok": False, "error": "; ".join(f"{type(leaf).__name__}: {leaf}" for leaf in leaves(err))}

    return {"row": name, **result} if result["ok"] else {"row": name, "error": "not as it must be", **result}


async def streams(target: Target) -> dict:
    await target.host.connect(target.peer)
    opened = []
    whole = 0

    async def open_one() -> None:
        opened.append(await target.host.new_stream(target.peer.peer_id, [ECHO]))

    async def echo_one(stream) -> None:
        nonlocal whole
        check = PatternCheck()

        async with trio.open_nursery() as nursery:
            nursery.start_soon(receive_to_end, stream, check.push)
            nursery.start_soon(send_to_end, stream, pattern(STREAM_BYTES))

        whole += check.is_complete(STREAM_BYTES)

    async with trio.open_nursery() as nursery:
        for _ in range(STREAMS):
            nursery.start_soon(open_one)

    async with trio.open_nursery() as nursery:
        for stream in opened:
            nursery.start_soon(echo_one, stream)

    return {"ok": whole == STREAMS, "streams": whole}


async def transfer(target: Target) -> dict:
    stream = await connect_and_open(target, TRANSFER)
    upload = hashlib.sha256()
    digest = bytearray()
    check = PatternCheck()

    def on_data(data: bytes) -> None:
        of_digest = DIGEST_BYTES - len(digest)
        digest.extend(data[:of_digest])
        check.push(data[of_digest:])

    def pieces():
        for piece in pattern(TRANSFER_BYTES):
            upload.update(piece)
            yield piece

    async with trio.open_nursery() as nursery:
        nursery.start_soon(receive_to_end, stream, on_data)
        nursery.start_soon(send_to_end, stream, pieces())

    upload_ok = bytes(digest) == upload.digest()
    download_ok = check.is_complete(TRANSFER_BYTES)

    return {"ok": upload_ok and download_ok, "uploadOk": upload_ok, "downloadOk": download_ok, "downloadBytes": check.bytes}


async def half_close(target: Target) -> dict:
    stream = await connect_and_open(target, HALF_CLOSE)
    check = PatternCheck()
    await send_to_end(stream, [b"request"])
    await receive_to_end(stream, check.push)

    return {"ok": check.is_complete(HALF_CLOSE_BYTES), "bytes": check.bytes}


async def reset(target: Target) -> dict:
    stream = await connect_and_open(target, SINK)

    for piece in pattern(FIRST_BYTES):
        await stream.write(piece)

    await trio.sleep(RESET_WAIT_SECONDS)
    # the stream of the muxer takes a code, that of the host does not
    await stream.muxed_stream.reset(RESET_CODE)
    await trio.sleep(RESET_WAIT_SECONDS)
    question = await target.host.new_stream(target.peer.peer_id, [OBSERVED])
    line = bytearray()
    await send_to_end(question, [])
    await receive_to_end(question, line.extend)
    observed = json.loads(line)
    ok = observed["ended"] == "reset" and observed["bytes"] == FIRST_BYTES and observed["code"] in (None, RESET_CODE)

    return {"ok": ok, "sentCode": RESET_CODE, "observed": observed}


async def reset_by_listener(target: Target) -> dict:
    stream = await connect_and_open(target, RESET)
    count = Count()
    await stream.write(b"\x01")
    ended = await receive(stream, count.push)

    return {"ok": ended == "reset" and count.bytes == FIRST_BYTES, "bytes": count.bytes, "ended": ended, "code": None}


async def stop_writing(target: Target) -> dict:
    stream = await connect_and_open(target, STOP_WRITING)
    answer = bytearray()
    write_ended = False

    async def write() -> None:
        nonlocal write_ended

        try:
            while True:
                for piece in pattern(TRANSFER_BYTES):
                    await stream.write(piece)
        except Exception:
            write_ended = True

    with trio.move_on_after(STOP_SECONDS):
        async with trio.open_nursery() as nursery:
            nursery.start_soon(write)
            nursery.start_soon(receive_to_end, stream, answer.extend)

    await stream.reset()

    return {"ok": bytes(answer) == ENOUGH and write_ended, "answer": answer.decode(), "writeEnded": write_ended}


async def no_peer_id(target: Target) -> dict:
    raise Unsupported("py-libp2p dials a peer by its id")


async def wrong_peer_id(target: Target) -> dict:
    stranger = ID.from_pubkey(create_new_key_pair().public_key)

    try:
        await target.host.connect(PeerInfo(stranger, target.peer.addrs))
    except Exception as err:
        refused = f"{type(err).__name__}: {err}"
    else:
        return {"ok": False, "error": "the listener passes for a peer that it is not", "refused": None}

    await target.host.connect(target.peer)
    await ping_once(target)

    return {"ok": True, "refused": refused}


async def keep_alive(target: Target) -> dict:
    counter = ConnectionCounter()
    target.host.get_network().register_notifee(counter)
    await target.host.connect(target.peer)
    await ping_once(target)
    await trio.sleep(SILENCE_SECONDS)
    await ping_once(target)

    return {"ok": counter.connections == 1, "connections": counter.connections}


class ConnectionCounter(INotifee):
    def __init__(self) -> None:
        self.connections = 0

    async def connected(self, network, conn) -> None:
        self.connections += 1

    async def disconnected(self, network, conn) -> None:
        pass

    async def opened_stream(self, network, stream) -> None:
        pass

    async def closed_stream(self, network, stream) -> None:
        pass

    async def listen(self, network, multiaddr) -> None:
        pass

    async def listen_close(self, network, multiaddr) -> None:
        pass


async def connect_and_open(target: Target, protocol):
    await target.host.connect(target.peer)

    return await target.host.new_stream(target.peer.peer_id, [protocol])


async def ping_once(target: Target) -> None:
    pinger = await Pinger.open(target.host, target.peer.peer_id)
    await pinger.ping()
    await pinger.close()


ROWS: dict[str, Callable[[Target], Awaitable[dict]]] = {
    "streams": streams,
    "transfer": transfer,
    "half-close": half_close,
    "reset": reset,
    "reset-by-listener": reset_by_listener,
    "stop-writing": stop_writing,
    "no-peer-id": no_peer_id,
    "wrong-peer-id": wrong_peer_id,
    "keep-alive": keep_alive,
}
