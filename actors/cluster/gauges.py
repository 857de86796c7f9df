"""A run's gauges on Ray's metrics pages, from where Prometheus fetches them and the dashboard shows them."""

import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, Self

from raylign.monitor.gauge import RUN_LABELS, Labels
from raylign.monitor.gauges import GAUGES
from raylign.record.events.payloads import Payload

AGAIN_S = 5.0
"""Between two tellings of the same: Ray drops a gauge that two of its reports, of 10 s each, have not heard of."""


class RayGauge(Protocol):
    """As much of `ray.util.metrics.Gauge` as is used here."""

    def set(self, value: float, tags: dict[str, str] | None = None) -> None: ...


def make(name: str, *, description: str, tag_keys: tuple[str, ...]) -> RayGauge:
    """One of Ray's own."""
    from ray.util.metrics import Gauge

    gauge: RayGauge = Gauge(name, description=description, tag_keys=tag_keys)
    return gauge


class RayGauges:
    """``gauges(payload)``: what the payload says is shown, and shown again until the exit. Thread-safe.

    Absence then means that the driver is gone, not that a step takes long.
    """

    def __init__(
        self, *, align_job: str, attempt: int, make: Callable[..., RayGauge] = make, again_s: float = AGAIN_S
    ) -> None:
        self._run = dict(zip(RUN_LABELS, (align_job, str(attempt)), strict=True))
        self._made = {
            gauge.name: make(f"raylign_{gauge.name}", description=gauge.means, tag_keys=(*RUN_LABELS, *gauge.labels))
            for gauge in GAUGES
        }
        self._shown: dict[tuple[str, Labels], float] = {}
        self._guard = threading.Lock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._again, args=(again_s,), name="gauges", daemon=True)
        self._thread.start()

    def __call__(self, said: Payload) -> None:
        """Show what an event says. A judge or a reason that it no longer names is shown no more."""
        for gauge in GAUGES:
            points = list(gauge.read(said))
            if not points:
                continue
            with self._guard:
                for key in [key for key in self._shown if key[0] == gauge.name]:
                    del self._shown[key]
                for labels, value in points:
                    if value is not None:
                        self._shown[gauge.name, labels] = float(value)
        self._show()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Show no more; what was shown leaves Ray's pages within half a minute."""
        self._ended.set()
        self._thread.join()

    def _again(self, again_s: float) -> None:
        while not self._ended.wait(again_s):
            self._show()

    def _show(self) -> None:
        with self._guard:
            for (name, labels), value in self._shown.items():
                self._made[name].set(value, self._tags(name, labels))

    def _tags(self, name: str, labels: Sequence[str]) -> dict[str, str]:
        return {**self._run, **dict(zip(KEYS[name], labels, strict=True))}


KEYS: Mapping[str, Labels] = {gauge.name: gauge.labels for gauge in GAUGES}
