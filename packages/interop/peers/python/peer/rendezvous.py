"""The list in Redis by which the dialer learns the listener's address."""

from __future__ import annotations

import sys

import redis
import trio

from .environment import Environment

# Between two tries to reach Redis: containers start in no order.
RETRY_SECONDS = 0.1

# Waits of BLPOP are cut into such, so that no thread stays for long after a time-out.
POP_SECONDS = 1


async def push(environment: Environment, address: str) -> None:
    await _with_retries(environment, lambda client: client.rpush(environment.list_name, address))


async def pop(environment: Environment) -> str:
    while True:
        popped = await _with_retries(environment, lambda client: client.blpop([environment.list_name], POP_SECONDS))

        if popped is not None:
            return popped[1]


async def _with_retries(environment: Environment, ask):
    last_problem = ""

    while True:
        client = redis.Redis(environment.redis_host, environment.redis_port, decode_responses=True)

        try:
            return await trio.to_thread.run_sync(lambda: ask(client), abandon_on_cancel=True)
        except redis.ConnectionError as err:
            if str(err) != last_problem:
                last_problem = str(err)
                print(f"redis: {err}", file=sys.stderr)

            await trio.sleep(RETRY_SECONDS)
