"""Operations and batches as spans of OpenTelemetry: only this file knows it.

It is an extra that may not be installed, and is imported by tracing.py alone, where tracing is on.
There is no span for a field: to be told of each would cost more than to answer the query.
"""

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    Span,
    SpanContext,
    SpanKind,
    StatusCode,
    TraceFlags,
    Tracer,
    format_trace_id,
    set_span_in_context,
)
from structlog.contextvars import bound_contextvars, get_contextvars

from gql.observing import Kind, Observed, Outcome
from gql.tracing import followed
from server.metrics import Metrics
from server.observing import Observer

_SERVICE = "gamification"
_ERRORS = frozenset({Outcome.FAILED, Outcome.ABANDONED})
"""Outcomes that are a server's error; of the others the client is to blame, if anybody is."""

_operation: ContextVar[SpanContext | None] = ContextVar("operation", default=None)


def exporting() -> TracerProvider:
    """Whoever makes spans and sends them away, as the `OTEL_…` variables of the environment say."""
    return provider_to(BatchSpanProcessor(OTLPSpanExporter()))


def provider_to(processor: SpanProcessor) -> TracerProvider:
    """Whoever makes spans, and gives them to a processor when they have ended."""
    is_named = SERVICE_NAME in OTELResourceDetector().detect().attributes
    resource = Resource.create({} if is_named else {SERVICE_NAME: _SERVICE})
    # Stopped where it was begun, and not again when Python ends.
    provider = TracerProvider(resource=resource, id_generator=_Ids(), shutdown_on_exit=False)
    provider.add_span_processor(processor)
    return provider


class TracingObserver(Observer):
    """Makes spans of what it is told, besides counting it."""

    def __init__(self, metrics: Metrics, provider: TracerProvider) -> None:
        super().__init__(metrics)
        self._tracer: Tracer = provider.get_tracer(_SERVICE)

    def begins(self, kind: Kind, name: str | None, cost: int) -> "_Operation":
        attributes: dict[str, str | int] = {"gamification.cost": cost}
        if kind is not Kind.UNKNOWN:
            attributes["graphql.operation.type"] = kind.value
        if name is not None:
            attributes["graphql.operation.name"] = name
        span = self._tracer.start_span(
            "GraphQL Operation" if kind is Kind.UNKNOWN else kind.value,
            _caller(),
            SpanKind.SERVER,
            attributes,
        )
        _operation.set(span.get_span_context())
        return _Operation(super().begins(kind, name, cost), span)

    def asking(self) -> SpanContext | None:
        return _operation.get()

    @contextmanager
    def batch(self, facts: int, asked_by: Sequence[object]) -> Generator[None]:
        span = self._tracer.start_span(
            "record batch",
            Context(),  # no operation is its parent: it is written for all of them
            attributes={"gamification.facts": facts},
            links=[
                Link(operation)
                for operation in asked_by
                if isinstance(operation, SpanContext) and operation.trace_flags.sampled
            ],
        )
        id = format_trace_id(span.get_span_context().trace_id)
        try:
            with super().batch(facts, asked_by), bound_contextvars(trace_id=id):
                yield
        except BaseException as error:
            # Its message is left out: databases quote what was to be written.
            _errs(span, type(error).__qualname__)
            raise
        finally:
            span.end()


class _Operation:
    """An operation under way."""

    __slots__ = ("_counted", "_span")

    def __init__(self, counted: Observed, span: Span) -> None:
        self._counted = counted
        self._span = span

    def ends(self, outcome: Outcome) -> None:
        self._counted.ends(outcome)
        self._span.set_attribute("gamification.outcome", outcome.value)
        if outcome in _ERRORS:
            _errs(self._span, outcome.value)
        self._span.end()


class _Ids(RandomIdGenerator):
    """A trace that begins here has the id that the log tells of it already."""

    def generate_trace_id(self) -> int:
        id = get_contextvars().get("trace_id")
        return super().generate_trace_id() if id is None else int(id, 16)


def _errs(span: Span, type: str) -> None:
    span.set_attribute("error.type", type)
    span.set_status(StatusCode.ERROR)


def _caller() -> Context:
    """The span of the caller, where there is one, as OpenTelemetry knows parents."""
    trace = followed()
    if trace is None or trace.caller is None:
        return Context()
    flags = TraceFlags(int(trace.caller.flags, 16))
    span = SpanContext(int(trace.id, 16), int(trace.caller.span_id, 16), True, flags)
    return set_span_in_context(NonRecordingSpan(span), Context())
