"""Exceptions in groups, as trio's nurseries raise them."""

from __future__ import annotations

from collections.abc import Iterator


def leaves(err: BaseException) -> Iterator[BaseException]:
    """What is in groups, however deep."""
    inner = getattr(err, "exceptions", None)

    if inner is None:
        yield err
    else:
        for each in inner:
            yield from leaves(each)
