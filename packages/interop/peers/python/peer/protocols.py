"""Of the rows, as `peers/README.md` has them."""

from libp2p.custom_types import TProtocol

ECHO = TProtocol("/interop/echo/1")
TRANSFER = TProtocol("/interop/transfer/1")
HALF_CLOSE = TProtocol("/interop/half-close/1")
SINK = TProtocol("/interop/sink/1")
OBSERVED = TProtocol("/interop/observed/1")
RESET = TProtocol("/interop/reset/1")
STOP_WRITING = TProtocol("/interop/stop-writing/1")

TRANSFER_BYTES = 10 * 1024 * 1024

HALF_CLOSE_BYTES = 64 * 1024

# Before the answer of `half-close`: a reader that took the request's end for the stream's would be gone.
HALF_CLOSE_WAIT_SECONDS = 0.3

# What arrives before a reset, or before writing is stopped.
FIRST_BYTES = 1024

# Before a reset: what was sent must have arrived, as QUIC drops what a reset overtakes.
RESET_WAIT_SECONDS = 0.2

RESET_CODE = 42

ENOUGH = b"enough"
