/**
 * OTLP's messages, as protobufjs needs them. Field numbers and types are those of opentelemetry-proto 1.x
 * (`trace/v1/trace.proto`, `common/v1/common.proto`, `resource/v1/resource.proto`,
 * `collector/trace/v1/trace_service.proto`) and of googleapis' `google/rpc/status.proto`. The parts of common.proto and
 * resource.proto that are still in development (entity references, string tables) are unknown fields to us.
 */
import protobuf from "protobufjs/light.js"

const one = (type: string, id: number) => ({ type, id })
const many = (type: string, id: number) => ({ rule: "repeated", type, id })

// A constant of its own, because protobufjs' types do not know `edition`.
const descriptor = {
  edition: "proto3",
  nested: {
    ArrayValue: { fields: { values: many("AnyValue", 1) } },
    KeyValueList: { fields: { values: many("KeyValue", 1) } },
    KeyValue: { fields: { key: one("string", 1), value: one("AnyValue", 2) } },
    AnyValue: {
      oneofs: {
        value: {
          oneof: ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"]
        }
      },
      fields: {
        stringValue: one("string", 1),
        boolValue: one("bool", 2),
        intValue: one("int64", 3),
        doubleValue: one("double", 4),
        arrayValue: one("ArrayValue", 5),
        kvlistValue: one("KeyValueList", 6),
        bytesValue: one("bytes", 7)
      }
    },
    Resource: { fields: { attributes: many("KeyValue", 1), droppedAttributesCount: one("uint32", 2) } },
    InstrumentationScope: {
      fields: {
        name: one("string", 1),
        version: one("string", 2),
        attributes: many("KeyValue", 3),
        droppedAttributesCount: one("uint32", 4)
      }
    },
    Status: { fields: { message: one("string", 2), code: one("int32", 3) } },
    Event: {
      fields: {
        timeUnixNano: one("fixed64", 1),
        name: one("string", 2),
        attributes: many("KeyValue", 3),
        droppedAttributesCount: one("uint32", 4)
      }
    },
    Link: {
      fields: {
        traceId: one("bytes", 1),
        spanId: one("bytes", 2),
        traceState: one("string", 3),
        attributes: many("KeyValue", 4),
        droppedAttributesCount: one("uint32", 5),
        flags: one("fixed32", 6)
      }
    },
    Span: {
      fields: {
        traceId: one("bytes", 1),
        spanId: one("bytes", 2),
        traceState: one("string", 3),
        parentSpanId: one("bytes", 4),
        name: one("string", 5),
        kind: one("int32", 6),
        startTimeUnixNano: one("fixed64", 7),
        endTimeUnixNano: one("fixed64", 8),
        attributes: many("KeyValue", 9),
        droppedAttributesCount: one("uint32", 10),
        events: many("Event", 11),
        droppedEventsCount: one("uint32", 12),
        links: many("Link", 13),
        droppedLinksCount: one("uint32", 14),
        status: one("Status", 15),
        flags: one("fixed32", 16)
      }
    },
    ScopeSpans: {
      fields: { scope: one("InstrumentationScope", 1), spans: many("Span", 2), schemaUrl: one("string", 3) }
    },
    ResourceSpans: {
      fields: { resource: one("Resource", 1), scopeSpans: many("ScopeSpans", 2), schemaUrl: one("string", 3) }
    },
    ExportTraceServiceRequest: { fields: { resourceSpans: many("ResourceSpans", 1) } },
    ExportTracePartialSuccess: { fields: { rejectedSpans: one("int64", 1), errorMessage: one("string", 2) } },
    ExportTraceServiceResponse: { fields: { partialSuccess: one("ExportTracePartialSuccess", 1) } },
    RpcStatus: { fields: { code: one("int32", 1), message: one("string", 2) } }
  }
}

const root = protobuf.Root.fromJSON(descriptor)

/** What a client sends. */
export const exportRequest: protobuf.Type = root.lookupType("ExportTraceServiceRequest")

/** What a server answers when it took the request. */
export const exportResponse: protobuf.Type = root.lookupType("ExportTraceServiceResponse")

/** `google.rpc.Status`, what a server answers when it did not. */
export const rpcStatus: protobuf.Type = root.lookupType("RpcStatus")
