"""A process between SIGTERM and its end."""

from __future__ import annotations

import signal

import pytest

from ebbline.hosts.embedded.processes import stopping


@pytest.fixture
def signals():
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield stopping.Signals()
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_signal_ends_the_sleep_and_a_second_one_leaves_the_end_alone(signals):
    signals.asleep = True
    with pytest.raises(stopping.Stop):
        signal.raise_signal(signal.SIGTERM)
    assert signals.stopping
    signal.raise_signal(signal.SIGTERM)  # while the files are being closed


def test_a_signal_while_awake_waits_for_the_step(signals):
    signal.raise_signal(signal.SIGTERM)
    assert signals.stopping
