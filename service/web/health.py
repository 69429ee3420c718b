"""For those who watch the service: is the process up, is it working, how much waits. No personal data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from flask import Blueprint, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from service.store import Store, StoreUnavailableError, Transaction


class Metrics:
    """The counters of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._answers = Counter(
            "policydesk_webhook_answers", "Answers to the webhook, by status.", ["status"], registry=self.registry
        )
        self._tries = Counter(
            "policydesk_delivery_tries",
            "Tries at delivering, by kind of effect and outcome.",
            ["kind", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "policydesk_delivery_seconds", "How long each try took.", ["kind"], registry=self.registry
        )
        self._unheard = Counter(
            "policydesk_cases_that_reached_nobody",
            "Cases of which nobody in the school could be told since the service started: look at the roles.",
            registry=self.registry,
        )
        self._stopped = Gauge(
            "policydesk_delivery_stopped",
            "1 where nothing is delivered to this service of Google's, by reason code.",
            ["service", "reason"],
            registry=self.registry,
        )
        self._gauges = {
            name: Gauge(f"policydesk_{name}", meaning, registry=self.registry)
            for name, meaning in (
                ("undelivered", "Effects that are due and not delivered."),
                ("oldest_due_seconds", "How long the oldest of them has been due."),
                ("dead", "Effects that were given up and wait for a person."),
                ("undecided", "Submissions that wait to be decided."),
                ("set_aside", "Contents that could not be read and that nobody has dealt with."),
            )
        }

    def answered(self, status: int) -> None:
        """The webhook answered with this HTTP status."""
        self._answers.labels(str(status)).inc()

    def tried(self, kind: str, outcome: str, seconds: float) -> None:
        """A delivery of this kind was tried; ``outcome`` is a short word, never a value of what was delivered."""
        self._tries.labels(kind, outcome).inc()
        self._seconds.labels(kind).observe(seconds)

    def reached_nobody(self) -> None:
        """A case was decided of which nobody in the school could be told."""
        self._unheard.inc()

    def stopped(self, lanes: Mapping[str, str]) -> None:
        """The services that nothing is delivered to now, with the reason of each."""
        self._stopped.clear()
        for service, reason in lanes.items():
            self._stopped.labels(service, reason).set(1)

    def waiting(self, found: Mapping[str, float | None]) -> None:
        """How much waits, as the function ``waiting`` says."""
        for name, value in found.items():
            self._gauges[name].set(value or 0)


def waiting(tx: Transaction, now: datetime) -> dict[str, float | None]:
    """How much waits: what is due now, since when, what was given up, is not yet decided, or was set aside."""
    backlog = tx.actions.backlog(now)
    oldest = backlog.oldest_due
    return {
        "undelivered": backlog.undelivered,
        "oldest_due_seconds": None if oldest is None else round(max((now - oldest).total_seconds(), 0.0), 3),
        "dead": backlog.dead,
        "undecided": tx.submissions.count_undecided(),
        "set_aside": tx.kept.count(),
    }


def health(
    store: Store,
    metrics: Metrics,
    clock: Callable[[], datetime],
    threads: Callable[[], Mapping[str, bool]],
    stopped: Callable[[], Mapping[str, str]] = dict,
) -> Blueprint:
    """The three routes that need no sign-in. ``threads`` says which of the service's threads are running.

    ``stopped`` says to which of Google's services nothing is delivered at present, and the reason code. That is no 503:
    what is received is kept, and starting the service again would mend nothing. A process without lanes has none.
    """
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return jsonify(status="ok")

    @routes.get("/readyz")
    def readyz() -> Response:
        dead = sorted(name for name, running in threads().items() if not running)
        try:
            with store.read() as tx:
                found = waiting(tx, clock())
        except StoreUnavailableError:
            answer = jsonify(status="the database is not available", undelivered=None, oldest_due_seconds=None)
            answer.status_code = 503
            return answer
        status = f"not running: {', '.join(dead)}" if dead else "ready"
        answer = jsonify(status=status, stopped=dict(stopped()) or None, **found)
        answer.status_code = 503 if dead else 200
        return answer

    @routes.get("/metrics")
    def prometheus() -> Response:
        try:
            with store.read() as tx:
                metrics.waiting(waiting(tx, clock()))
                metrics.stopped(stopped())
        except StoreUnavailableError:
            return Response("the database is not available\n", 503, content_type="text/plain")
        return Response(generate_latest(metrics.registry), content_type=CONTENT_TYPE_LATEST)

    return routes
