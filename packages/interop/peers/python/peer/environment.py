"""What test-plans or unified-testing give to a container, and the reports that they want."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

# The one that there is.
TRANSPORT = "quic-v1"

# Of both suites.
DEFAULT_TIMEOUT_SECONDS = 180.0

REDIS_PORT = 6379

# Of a figure: a thousandth of a millisecond.
DECIMALS = 3


class EnvironmentProblem(Exception):
    """The environment asks for what this program has no answer to."""


@dataclass(frozen=True)
class Latency:
    """What a dialer measures by pinging."""

    handshake_plus_one_rtt_ms: float
    ping_rtt_ms: float


@dataclass(frozen=True)
class Environment:
    is_dialer: bool
    # To listen on.
    ip: str
    redis_host: str
    redis_port: int
    # Of Redis, where the listener's address is handed over.
    list_name: str
    timeout_seconds: float
    # Says more than usual on standard error.
    is_verbose: bool
    # What the dialer does instead of pinging.
    row: str | None
    report: Callable[[Latency], str]


def read_environment(env: Mapping[str, str]) -> Environment:
    """With `TEST_KEY` it is unified-testing's dialect, else that of test-plans. Raises EnvironmentProblem."""
    key = env.get("TEST_KEY") or None

    if key is not None:
        transport, is_dialer, ip, redis = "TRANSPORT", "IS_DIALER", "LISTENER_IP", "REDIS_ADDR"
        default_redis, list_name, report = "transport-redis:6379", f"{key}_listener_multiaddr", as_yaml
        timeout = None
    else:
        transport, is_dialer, ip, redis = "transport", "is_dialer", "ip", "redis_addr"
        default_redis, list_name, report = "redis:6379", "listenerAddr", as_json
        timeout = env.get("test_timeout_seconds") or env.get("test_timeout_secs")

    if env.get(transport) != TRANSPORT:
        raise EnvironmentProblem(f"{transport}={env.get(transport)} is unsupported: this program speaks {TRANSPORT}")

    if env.get(is_dialer) not in ("true", "false"):
        raise EnvironmentProblem(f"{is_dialer} must be true or false, not {env.get(is_dialer)}")

    host, _, port = (env.get(redis) or default_redis).partition(":")

    return Environment(
        is_dialer=env[is_dialer] == "true",
        ip=env.get(ip) or "0.0.0.0",
        redis_host=host,
        redis_port=int(port) if port != "" else REDIS_PORT,
        list_name=list_name,
        timeout_seconds=float(timeout) if timeout else DEFAULT_TIMEOUT_SECONDS,
        is_verbose=env.get("DEBUG") == "true",
        row=env.get("ROW") or None,
        report=report,
    )


def as_json(latency: Latency) -> str:
    # three l's: part of the protocol
    return json.dumps(
        {
            "handshakePlusOneRTTMillis": round(latency.handshake_plus_one_rtt_ms, DECIMALS),
            "pingRTTMilllis": round(latency.ping_rtt_ms, DECIMALS),
        }
    )


def as_yaml(latency: Latency) -> str:
    return "\n".join(
        [
            "latency:",
            f"  handshake_plus_one_rtt: {round(latency.handshake_plus_one_rtt_ms, DECIMALS)}",
            f"  ping_rtt: {round(latency.ping_rtt_ms, DECIMALS)}",
            "  unit: ms",
        ]
    )
