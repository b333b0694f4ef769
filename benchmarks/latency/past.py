"""What the folder has seen before the measurement, and the calls that are sent during it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from benchmarks.peers.calls import call_of

DAY_MS = 86_400_000


def write_history(file: Path, lines: Sequence[bytes], until_ms: int, crowd: int,
                  crowd_ms: int) -> None:  # fmt: skip
    """An archive in order of arrival: the workload's lines, moved so that the last of them is
    received at `until_ms`, and `crowd` people who all come at the instant `crowd_ms`."""
    shift_ms = until_ms - call_of(lines[-1]).received_ms
    with file.open("wb", 1 << 20) as out:
        came = not crowd
        for line in lines:
            received_ms = call_of(line).received_ms + shift_ms
            if not came and received_ms >= crowd_ms:
                out.writelines(_crowd(crowd, crowd_ms))
                came = True
            out.write(_moved(line, shift_ms))
        if not came:
            out.writelines(_crowd(crowd, crowd_ms))


def write_calls(file: Path, lines: Sequence[bytes]) -> None:
    """The workload's lines as calls without instants, for a client to send."""
    calls = (msgspec.json.decode(line) for line in lines)
    kept = ({k: v for k, v in call.items() if k not in _INSTANTS} for call in calls)
    file.write_bytes(b"\n".join(map(msgspec.json.encode, kept)) + b"\n")


_INSTANTS = ("timestamp", "receivedAt")


def _moved(line: bytes, shift_ms: int) -> bytes:
    call, told = call_of(line), msgspec.json.decode(line)
    told["timestamp"] = iso(call.time_ms + shift_ms)
    told["receivedAt"] = iso(call.received_ms + shift_ms)
    return msgspec.json.encode(told) + b"\n"


def _crowd(people: int, at_ms: int) -> Iterator[bytes]:
    """One identify call for each; as customers they are in no audience of the workload."""
    at = iso(at_ms)
    for number in range(people):
        yield (
            f'{{"type":"identify","messageId":"crowd-{number:08}","userId":"crowd_{number:08}",'
            f'"traits":{{"crowd":true,"is_customer":true}},"timestamp":"{at}",'
            f'"receivedAt":"{at}"}}\n'
        ).encode()


def iso(ms: int) -> str:
    """An instant as Segment writes it."""
    at = datetime.fromtimestamp(ms / 1000, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
