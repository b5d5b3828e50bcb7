"""py-libp2p as a peer of libp2p's transport suites; `peers/README.md` has the contract."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import time
from ipaddress import ip_address

import multiaddr
import psutil
import trio
from libp2p import new_host
from libp2p.crypto.ed25519 import create_new_key_pair
from libp2p.host.ping import ID as PING
from libp2p.host.ping import handle_ping
from libp2p.peer.peerinfo import info_from_p2p_addr

from peer.environment import Environment, EnvironmentProblem, Latency, read_environment
from peer.exceptions import leaves
from peer.ping import MS_PER_SECOND, Pinger
from peer.rendezvous import pop, push
from peer.rows import ROWS, Target, run_row
from peer.services import serve_rows


class Ended(Exception):
    """A signal or the time-out came before the report."""


def main() -> None:
    try:
        environment = read_environment(os.environ)
        # the library logs to standard error as it likes
        logging.basicConfig(stream=sys.stderr, level=logging.DEBUG if environment.is_verbose else logging.WARNING)
        trio.run(run, environment)
        code = 0
    except BaseException as err:
        for problem in leaves(err):
            print(f"{type(problem).__name__}: {problem}", file=sys.stderr)

        code = 1

    sys.stdout.flush()
    sys.stderr.flush()
    # not by `sys.exit`, which waits for threads that still wait for Redis
    os._exit(code)


async def run(environment: Environment) -> None:
    if environment.row is not None and environment.row not in ROWS:
        raise EnvironmentProblem(f"ROW={environment.row} is unknown")

    async with trio.open_nursery() as nursery:
        nursery.start_soon(end_on_signal, environment, nursery.cancel_scope)

        with trio.move_on_after(environment.timeout_seconds) as limit:
            await (dial if environment.is_dialer else listen)(environment)

        if limit.cancelled_caught:
            raise Ended(f"not done within {environment.timeout_seconds:g} s")

        nursery.cancel_scope.cancel()


async def end_on_signal(environment: Environment, scope: trio.CancelScope) -> None:
    with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for number in signals:
            if environment.is_dialer:
                raise Ended(f"ended by {signal.Signals(number).name}")

            scope.cancel()


async def listen(environment: Environment) -> None:
    kind = "ip6" if ":" in environment.ip else "ip4"
    address = multiaddr.Multiaddr(f"/{kind}/{environment.ip}/udp/0/quic-v1")
    host = new_host(key_pair=create_new_key_pair(), enable_quic=True, listen_addrs=[address])

    async with host.run(listen_addrs=[address]):
        host.set_stream_handler(PING, handle_ping)
        serve_rows(host)
        own = address_for_others(host)
        print(f"listening on {own}", file=sys.stderr)
        await push(environment, own)
        await trio.sleep_forever()


async def dial(environment: Environment) -> None:
    host = new_host(key_pair=create_new_key_pair(), enable_quic=True)

    async with host.run(listen_addrs=[]):
        address = await pop(environment)
        print(f"dialling {address}", file=sys.stderr)
        target = Target(host, info_from_p2p_addr(multiaddr.Multiaddr(address)))

        if environment.row is None:
            print(environment.report(await measure_latency(target)), flush=True)
        else:
            print(json.dumps(await run_row(environment.row, target)), flush=True)


async def measure_latency(target: Target) -> Latency:
    started = time.perf_counter()
    await target.host.connect(target.peer)
    pinger = await Pinger.open(target.host, target.peer.peer_id)
    await pinger.ping()
    handshake_plus_one_rtt_ms = (time.perf_counter() - started) * MS_PER_SECOND
    ping_rtt_ms = await pinger.ping()
    await pinger.close()

    return Latency(handshake_plus_one_rtt_ms, ping_rtt_ms)


def address_for_others(host) -> str:
    """Not loopback, unless that is what it listens on. A wildcard stays one in py-libp2p: an interface has to be found."""
    address = str(host.get_addrs()[0])
    kind, ip, rest = address.removeprefix("/").split("/", 2)

    if ip in ("0.0.0.0", "::"):
        ip = ip_of_interface(socket.AF_INET if kind == "ip4" else socket.AF_INET6)

    return f"/{kind}/{ip}/{rest}" if "/p2p/" in rest else f"/{kind}/{ip}/{rest}/p2p/{host.get_id()}"


def ip_of_interface(family: socket.AddressFamily) -> str:
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == family and not ip_address(address.address.partition("%")[0]).is_loopback:
                return address.address

    raise OSError("there is no address but loopback, and others can't reach that")


if __name__ == "__main__":
    main()
