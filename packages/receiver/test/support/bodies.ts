/** Request bodies, and what the answers' bodies say. */
import { JsonTraceSerializer, ProtobufTraceSerializer } from "@opentelemetry/otlp-transformer"
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base"
import type { Otlp } from "@tenant-tracer/receiver"
import protobuf from "protobufjs/light.js"

export const contentType = { protobuf: "application/x-protobuf", json: "application/json" }

/** A body as the stock serializers write it. */
export const bodyOf = (encoding: Otlp.Encoding, spans: Array<ReadableSpan>): Uint8Array =>
  (encoding === "json" ? JsonTraceSerializer : ProtobufTraceSerializer).serializeRequest(spans) ?? new Uint8Array()

/** The `google.rpc.Status` in an answer, read without the package under test. */
export const statusOf = (encoding: Otlp.Encoding, body: Uint8Array): { code?: number; message?: string } => {
  if (encoding === "json") return JSON.parse(new TextDecoder().decode(body))
  const reader = protobuf.Reader.create(body)
  const status: { code?: number; message?: string } = {}
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag === 8) status.code = reader.int32()
    else if (tag === 18) status.message = reader.string()
    else reader.skipType(tag & 7)
  }
  return status
}
