"""Every metric that the product counts, by name. No label ever holds a telephone number or a name of a person."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

WEBHOOKS = Counter(
    "huiling_webhooks_total", "Webhooks by route and what became of them.", ["route", "result"], registry=REGISTRY
)
SOCKETS = Counter("huiling_sockets_total", "Media sockets by how they ended.", ["result"], registry=REGISTRY)
SOCKET_MESSAGES = Counter(
    "huiling_socket_messages_total", "Socket messages that were not plain sound, by kind.", ["kind"], registry=REGISTRY
)
CARRIER_REQUESTS = Counter(
    "huiling_carrier_requests_total", "Requests to the carrier by kind and result.", ["what", "result"], registry=REGISTRY
)
CALLS_LIVE = Gauge("huiling_calls_live", "Calls whose sound this process carries now.", registry=REGISTRY)
CALLS_ENDED = Counter("huiling_calls_ended_total", "Calls by outcome.", ["outcome"], registry=REGISTRY)
INTERRUPTIONS = Counter("huiling_interruptions_total", "Interruptions of our speech by cause.", ["cause"], registry=REGISTRY)
REPLY_S = Histogram(
    "huiling_reply_seconds",
    "From the end of the callee's speech to our first frame.",
    buckets=(0.1, 0.2, 0.3, 0.45, 0.6, 0.7, 1.0, 1.5, 2.5, 5.0),
    registry=REGISTRY,
)
DECISION_S = Histogram(
    "huiling_decision_seconds",
    "From recognised text to our first frame.",
    buckets=(0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.3, 1.0),
    registry=REGISTRY,
)
TROUBLES = Counter("huiling_troubles_total", "Faults that a call survived or ended by, by kind.", ["kind"], registry=REGISTRY)
DUTY_ALARMS = Counter("huiling_duty_alarms_total", "P0 calls that nobody had in the end.", registry=REGISTRY)
TRANSFERS = Counter("huiling_transfers_total", "Transfers to people by result.", ["result"], registry=REGISTRY)


def exposition() -> bytes:
    """All metrics in the text format."""
    return generate_latest(REGISTRY)
