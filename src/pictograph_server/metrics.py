"""What /metrics tells: requests by route, and jobs by state."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """One registry for each app; `job_counts` gives lane and state of the jobs there are."""

    def __init__(self, job_counts: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.registry.register(_JobCollector(job_counts))
        self._requests = Counter(
            "pictograph_http_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self._durations = Histogram(
            "pictograph_http_request_seconds",
            "From the first byte to the end of the answer.",
            ("method", "route"),
            buckets=_SECONDS,
            registry=self.registry,
        )

    def request(self, *, method: str, route: str, status: int, seconds: float) -> None:
        self._requests.labels(method, route, str(status)).inc()
        self._durations.labels(method, route).observe(seconds)

    def render(self) -> bytes:
        return generate_latest(self.registry)


class _JobCollector(Collector):
    def __init__(self, job_counts: Callable[[], Mapping[tuple[str, str], int]]) -> None:
        self._job_counts = job_counts

    def collect(self) -> Iterable[Metric]:
        gauge = GaugeMetricFamily("pictograph_jobs", "Jobs by lane and state.", labels=("lane", "state"))
        for (lane, state), count in self._job_counts().items():
            gauge.add_metric((lane, state), count)
        return (gauge,)

    def describe(self) -> Iterable[Metric]:
        # Without this the registry would count the jobs when the collector is registered.
        return ()
