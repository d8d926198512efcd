"""Decodes a trace export with OpenTelemetry's own Python messages and prints its spans in the normal form of `src/Spans.ts`.

Usage: decode.py protobuf|json FILE
"""

import json
import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Protobuf
from opentelemetry.proto_json.collector.trace.v1.trace_service import ExportTraceServiceRequest as Json

FIELDS = {
    "string_value": "string",
    "bool_value": "bool",
    "int_value": "int",
    "double_value": "double",
    "array_value": "array",
    "kvlist_value": "kvlist",
    "bytes_value": "bytes",
}


def which(value):
    """The field of a value that is set: protobuf's messages know it, those of JSON leave the others empty."""
    if hasattr(value, "WhichOneof"):
        return value.WhichOneof("value")
    return next((field for field in FIELDS if getattr(value, field) is not None), None)


def any_value(value):
    field = which(value)
    if field is None:
        return {"type": "empty"}
    kind, plain = FIELDS[field], getattr(value, field)
    if kind == "int":
        plain = str(plain)
    elif kind == "array":
        plain = [any_value(item) for item in plain.values]
    elif kind == "kvlist":
        plain = attributes(plain.values)
    elif kind == "bytes":
        plain = plain.hex()
    return {"type": kind, "value": plain}


def attributes(pairs):
    return [[pair.key, any_value(pair.value)] for pair in pairs]


def normal(span, scope_spans, resource_spans):
    return {
        "traceId": span.trace_id.hex(),
        "spanId": span.span_id.hex(),
        "parentSpanId": (span.parent_span_id or b"").hex(),
        "traceState": span.trace_state or "",
        "flags": span.flags or 0,
        "name": span.name,
        "kind": int(span.kind or 0),
        "start": str(span.start_time_unix_nano),
        "end": str(span.end_time_unix_nano),
        "status": {
            "code": int(span.status.code or 0) if span.status else 0,
            "message": (span.status.message or "") if span.status else "",
        },
        "attributes": attributes(span.attributes),
        "dropped": [
            span.dropped_attributes_count or 0,
            span.dropped_events_count or 0,
            span.dropped_links_count or 0,
        ],
        "events": [
            {"name": event.name, "time": str(event.time_unix_nano), "attributes": attributes(event.attributes)}
            for event in span.events
        ],
        "links": [
            {
                "traceId": link.trace_id.hex(),
                "spanId": link.span_id.hex(),
                "flags": link.flags or 0,
                "attributes": attributes(link.attributes),
            }
            for link in span.links
        ],
        "resource": attributes(resource_spans.resource.attributes),
        "scope": [scope_spans.scope.name, scope_spans.scope.version],
        "schemas": [resource_spans.schema_url or "", scope_spans.schema_url or ""],
    }


def main(encoding, path):
    with open(path, "rb") as file:
        body = file.read()
    request = Protobuf.FromString(body) if encoding == "protobuf" else Json.from_json(body)
    spans = [
        normal(span, scope_spans, resource_spans)
        for resource_spans in request.resource_spans
        for scope_spans in resource_spans.scope_spans
        for span in scope_spans.spans
    ]
    json.dump(spans, sys.stdout)


main(*sys.argv[1:])
