"""The few figures of our own that Prometheus may fetch; read from the database at each scrape."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from app.core import heartbeat
from app.events import deliveries, figures
from app.jobs import condition
from app.tickets import figures as tickets

CONTENT_TYPE = CONTENT_TYPE_LATEST


def scrape() -> bytes:
    """All figures in the text form of Prometheus."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_House())
    return generate_latest(registry)


class _House(Collector):
    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("helpdesk_backlog_events", "Events not yet spread.", value=figures.backlog())
        yield _labelled(
            "helpdesk_deliveries",
            "Deliveries that are under way, held or failed.",
            "state",
            {str(state): count for state, count in deliveries.counts().items()},
        )
        yield _labelled("helpdesk_tickets", "Tickets by stage.", "stage", tickets.by_stage())
        age = condition.beat_age()
        if age is not None:
            yield GaugeMetricFamily(
                "helpdesk_beat_age_seconds", "Since the scheduler's last sign of life.", value=age
            )
        yield _labelled(
            "helpdesk_job_success_timestamp_seconds",
            "When a standing job last went well.",
            "job",
            {beat.name: beat.succeeded_at.timestamp() for beat in heartbeat.all_beats() if beat.succeeded_at},
        )
        yield _labelled(
            "helpdesk_service_ok",
            "1 when a service works, 0 when it does not; switched off ones are left out.",
            "service",
            {
                s.name: float(s.state is condition.State.OK)
                for s in condition.services()
                if s.state != "disabled"
            },
        )


def _labelled(name: str, text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for value, figure in values.items():
        family.add_metric([value], figure)
    return family
