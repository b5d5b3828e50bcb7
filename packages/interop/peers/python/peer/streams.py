"""Reading and writing streams, and the pattern that the rows send."""

from __future__ import annotations

from collections.abc import Iterator

from libp2p.network.stream.exceptions import StreamEOF, StreamReset

# The pattern repeats after that: 31 * 65,536 and 17 * 256 are multiples of 256.
PIECE_BYTES = 64 * 1024

PIECE = bytes((i * 31 + (i >> 8) * 17) & 0xFF for i in range(PIECE_BYTES))

READ_BYTES = 64 * 1024


def pattern(total_bytes: int) -> Iterator[bytes]:
    """Byte `i` is `(i * 31 + (i >> 8) * 17) & 0xff`, a piece at a time."""
    for offset in range(0, total_bytes, PIECE_BYTES):
        yield PIECE[: min(PIECE_BYTES, total_bytes - offset)]


class PatternCheck:
    """Compares what arrives with the pattern."""

    def __init__(self) -> None:
        self.bytes = 0
        self.is_right = True

    def push(self, data: bytes) -> None:
        offset = self.bytes % PIECE_BYTES
        expected = (PIECE * (2 + len(data) // PIECE_BYTES))[offset : offset + len(data)]
        self.is_right = self.is_right and data == expected
        self.bytes += len(data)

    def is_complete(self, expected_bytes: int) -> bool:
        return self.is_right and self.bytes == expected_bytes


async def receive(stream, on_data) -> str:
    """Hands over whatever arrives. Returns how the peer's writing ended: `eof` or `reset`."""
    while True:
        try:
            data = await stream.read(READ_BYTES)
        except StreamEOF:
            return "eof"
        except StreamReset:
            # py-libp2p says so as well when the end is read after both sides have ended
            return "reset" if stream.muxed_stream.is_reset() else "eof"

        # an empty read is no end here
        if data:
            on_data(data)


async def receive_to_end(stream, on_data) -> None:
    """As `receive`, where nothing but an end is right. Raises StreamReset."""
    if await receive(stream, on_data) == "reset":
        raise StreamReset("the peer reset the stream")


async def send_to_end(stream, pieces) -> None:
    """Sends all of it and then ends this side's writing."""
    for piece in pieces:
        await stream.write(piece)

    await stream.close_write()
