"""Metrics whose values are read when they are collected."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

Read = Callable[[], "float | None"]


class Readings:
    """Metrics of one registry, each with a function that returns its value.

    So a hot loop adds to a plain number, and knows no registry. The functions are called on the
    thread that collects: of /metrics, or of `stats/<part>`. One that returns None has no value yet,
    and is left out.

    :param labels: those of every metric, such as the algorithm's name.
    """

    def __init__(self, registry: CollectorRegistry, **labels: str):
        self._labels = labels
        self._made: list[Callable[[], Metric | None]] = []
        registry.register(self)

    def counter(self, name: str, about: str, read: Read) -> None:
        """Add a counter, whose name ends in `_total`."""
        self._made.append(lambda: self._of_one(CounterMetricFamily, name, about, read()))

    def gauge(self, name: str, about: str, read: Read) -> None:
        """Add a gauge."""
        self._made.append(lambda: self._of_one(GaugeMetricFamily, name, about, read()))

    def counters(
        self, name: str, about: str, label: str, read: Callable[[], Mapping[str, float]]
    ) -> None:
        """Add a counter with a label; `read` returns a value for each of the label's values."""

        def made() -> Metric:
            family = CounterMetricFamily(name, about, labels=(*self._labels, label))
            # copied at once: another thread may add to it
            for key, value in dict(read()).items():
                family.add_metric((*self._labels.values(), key), value)
            return family

        self._made.append(made)

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics that have a value."""
        for made in self._made:
            if (metric := made()) is not None:
                yield metric

    def _of_one(
        self,
        kind: type[CounterMetricFamily | GaugeMetricFamily],
        name: str,
        about: str,
        value: float | None,
    ) -> Metric | None:
        if value is None:
            return None
        family = kind(name, about, labels=tuple(self._labels))
        family.add_metric(tuple(self._labels.values()), value)
        return family
