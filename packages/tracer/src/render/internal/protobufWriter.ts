/**
 * Export requests in OTLP's protobuf. The numbers of the fields are those of `trace/v1/trace.proto`, `common/v1/common.proto` and
 * `resource/v1/resource.proto` in https://github.com/open-telemetry/opentelemetry-proto.
 */
import {
  type BatchContext,
  Double,
  type RenderedEvent,
  type RenderedLink,
  type RenderedSpan,
  type Value
} from "../RenderedSpan.js"
import { ByteBuffer, writeText } from "./byteBuffer.js"
import type { Format } from "./format.js"
import { KeyCache } from "./keyCache.js"
import * as Otlp from "./otlp.js"
import * as Protobuf from "./protobuf.js"

const { bytes, fixed32, fixed64, varint } = Protobuf

const resourceSpansOfRequest = bytes(1)

const resourceSpansFields = { resource: bytes(1), scopeSpans: bytes(2), schemaUrl: bytes(3) }

const resourceFields = { attributes: bytes(1), droppedAttributesCount: varint(2) }

const scopeSpansFields = { scope: bytes(1), spans: bytes(2), schemaUrl: bytes(3) }

const scopeFields = { name: bytes(1), version: bytes(2) }

const spanFields = {
  traceId: bytes(1),
  spanId: bytes(2),
  traceState: bytes(3),
  parentSpanId: bytes(4),
  name: bytes(5),
  kind: varint(6),
  startTimeUnixNano: fixed64(7),
  endTimeUnixNano: fixed64(8),
  attributes: bytes(9),
  droppedAttributesCount: varint(10),
  events: bytes(11),
  droppedEventsCount: varint(12),
  links: bytes(13),
  status: bytes(15),
  flags: fixed32(16)
}

const eventFields = {
  timeUnixNano: fixed64(1),
  name: bytes(2),
  attributes: bytes(3),
  droppedAttributesCount: varint(4)
}

const linkFields = {
  traceId: bytes(1),
  spanId: bytes(2),
  attributes: bytes(4),
  droppedAttributesCount: varint(5),
  flags: fixed32(6)
}

const statusFields = { message: bytes(2), code: varint(3) }

const keyValueFields = { key: bytes(1), value: bytes(2) }

const valueFields = {
  stringValue: bytes(1),
  boolValue: varint(2),
  intValue: varint(3),
  doubleValue: fixed64(4),
  arrayValue: bytes(5)
}

const valuesOfArray = bytes(1)

/** A key with what says that its value comes next. */
const keys = new KeyCache((key) => {
  const out = new ByteBuffer(3 * key.length + 8)
  Protobuf.writeStringField(out, keyValueFields.key, key)
  out.byte(keyValueFields.value)
  return out.copy(0)
})

/** All of an attribute before its value, which takes `size` bytes with the length before it. There will be room for a number. */
const openAttribute = (out: ByteBuffer, tag: number, key: Uint8Array, size: number): void => {
  out.reserve(key.length + 32)
  let at = out.end
  out.bytes[at++] = tag
  at = Protobuf.putVarint(out.bytes, at, key.length + size)
  out.bytes.set(key, at)
  out.end = at + key.length
}

const writeString = (out: ByteBuffer, tag: number, key: Uint8Array, text: string): void => {
  const { end } = out
  const { length } = text
  // Nearly all: it is ASCII, and its lengths take a byte each.
  if (length < 126) {
    out.reserve(key.length + 32 + 3 * length)
    openAttribute(out, tag, key, 3 + length)
    const { bytes } = out
    const at = out.end
    bytes[at] = 2 + length
    bytes[at + 1] = valueFields.stringValue
    bytes[at + 2] = length
    if (writeText(bytes, at + 3, text) === length) {
      out.end = at + 3 + length
      return
    }
    out.end = end
  }
  const bytes = Buffer.byteLength(text)
  const size = 1 + Protobuf.sizeOfVarint(bytes) + bytes
  openAttribute(out, tag, key, Protobuf.sizeOfVarint(size) + size)
  Protobuf.writeVarint(out, size)
  Protobuf.writeStringField(out, valueFields.stringValue, text)
}

const writeIntegerValue = (out: ByteBuffer, value: number): void => {
  out.byte(valueFields.intValue)
  Protobuf.writeInteger(out, value)
}

const writeInteger = (out: ByteBuffer, tag: number, key: Uint8Array, value: number): void => {
  const size = 1 + Protobuf.sizeOfInteger(value)
  openAttribute(out, tag, key, 1 + size)
  out.byte(size)
  writeIntegerValue(out, value)
}

const writeDouble = (out: ByteBuffer, tag: number, key: Uint8Array, value: number): void => {
  openAttribute(out, tag, key, 10)
  out.byte(9)
  Protobuf.writeDoubleField(out, valueFields.doubleValue, value)
}

const writeBooleanValue = (out: ByteBuffer, value: boolean): void => {
  out.byte(valueFields.boolValue)
  out.byte(value ? 1 : 0)
}

const writeBoolean = (out: ByteBuffer, tag: number, key: Uint8Array, value: boolean): void => {
  openAttribute(out, tag, key, 3)
  out.byte(2)
  writeBooleanValue(out, value)
}

const writeList = (out: ByteBuffer, tag: number, key: Uint8Array, list: Otlp.List): void => {
  const attribute = Protobuf.open(out, tag, 1)
  out.raw(key)
  const value = Protobuf.leaveRoom(out, 1)
  const array = Protobuf.open(out, valueFields.arrayValue, 1)
  const areDoubles = Otlp.hasDoubles(list)
  for (const item of list) {
    const start = Protobuf.open(out, valuesOfArray, 1)
    if (typeof item === "string") Protobuf.writeStringField(out, valueFields.stringValue, item)
    else if (typeof item === "boolean") writeBooleanValue(out, item)
    else if (areDoubles) Protobuf.writeDoubleField(out, valueFields.doubleValue, item)
    else writeIntegerValue(out, item)
    Protobuf.close(out, start, 1)
  }
  Protobuf.close(out, array, 1)
  Protobuf.close(out, value, 1)
  Protobuf.close(out, attribute, 1)
}

const writeNumber = (out: ByteBuffer, tag: number, key: Uint8Array, value: number): boolean => {
  if (Otlp.isInteger(value)) writeInteger(out, tag, key, value)
  else return writeFinite(out, tag, key, value)
  return true
}
const writeFinite = (out: ByteBuffer, tag: number, key: Uint8Array, value: number): boolean => {
  if (!Number.isFinite(value)) return false
  writeDouble(out, tag, key, value)
  return true
}

/** `false` where the value cannot travel. */
const writeAttribute = (out: ByteBuffer, tag: number, name: string, value: Value): boolean => {
  const key = keys.bytesOf(name)
  if (typeof value === "string") writeString(out, tag, key, value)
  else if (typeof value === "number") return writeNumber(out, tag, key, value)
  else if (typeof value === "boolean") writeBoolean(out, tag, key, value)
  else if (value instanceof Double) return writeFinite(out, tag, key, value.value)
  else if (!Otlp.canTravel(value)) return false
  else writeList(out, tag, key, value)
  return true
}

/** Attributes and, where there are any, how many were dropped: `dropped` before, and here those that cannot travel. */
const writeAttributes = (
  out: ByteBuffer,
  fields: { readonly attributes: number; readonly droppedAttributesCount: number },
  attributes: RenderedSpan["attributes"],
  dropped: number
): void => {
  let count = dropped
  const tag = fields.attributes
  for (let i = 0; i < attributes.length; i++) {
    const attribute = attributes[i]
    if (attribute === undefined) continue
    // Taken apart by index: to destructure is to iterate.
    if (!writeAttribute(out, tag, attribute[0], attribute[1])) count++
  }
  Protobuf.writeCountField(out, fields.droppedAttributesCount, count)
}

const writeEvent = (out: ByteBuffer, event: RenderedEvent): void => {
  const start = Protobuf.open(out, spanFields.events, 1)
  Protobuf.writeFixed64Field(out, eventFields.timeUnixNano, event.time)
  Protobuf.writeStringField(out, eventFields.name, event.name)
  writeAttributes(out, eventFields, event.attributes, 0)
  Protobuf.close(out, start, 1)
}

const writeLink = (out: ByteBuffer, link: RenderedLink): void => {
  const start = Protobuf.open(out, spanFields.links, 1)
  Protobuf.writeHexField(out, linkFields.traceId, link.traceId)
  Protobuf.writeHexField(out, linkFields.spanId, link.spanId)
  writeAttributes(out, linkFields, link.attributes, 0)
  Protobuf.writeFixed32Field(out, linkFields.flags, Otlp.linkFlags)
  Protobuf.close(out, start, 1)
}

const writeStatus = (out: ByteBuffer, { code, message }: RenderedSpan["status"]): void => {
  const start = Protobuf.open(out, spanFields.status, 1)
  if (message !== undefined) Protobuf.writeStringField(out, statusFields.message, message)
  Protobuf.writeCountField(out, statusFields.code, Otlp.statusCodes[code])
  Protobuf.close(out, start, 1)
}

const writeSpan = (out: ByteBuffer, span: RenderedSpan): void => {
  // Most are too long for a length of one byte.
  const start = Protobuf.open(out, scopeSpansFields.spans, 2)
  Protobuf.writeHexField(out, spanFields.traceId, span.traceId)
  Protobuf.writeHexField(out, spanFields.spanId, span.spanId)
  if (span.traceState !== undefined) Protobuf.writeStringField(out, spanFields.traceState, span.traceState)
  if (span.parentSpanId !== undefined) Protobuf.writeHexField(out, spanFields.parentSpanId, span.parentSpanId)
  Protobuf.writeStringField(out, spanFields.name, span.name)
  Protobuf.writeCountField(out, spanFields.kind, Otlp.kinds[span.kind])
  Protobuf.writeFixed64Field(out, spanFields.startTimeUnixNano, span.startTime)
  Protobuf.writeFixed64Field(out, spanFields.endTimeUnixNano, span.endTime)
  writeAttributes(out, spanFields, span.attributes, span.droppedAttributes)
  for (const event of span.events) writeEvent(out, event)
  Protobuf.writeCountField(out, spanFields.droppedEventsCount, span.droppedEvents)
  for (const link of span.links) writeLink(out, link)
  writeStatus(out, span.status)
  Protobuf.writeFixed32Field(out, spanFields.flags, Otlp.spanFlags(span))
  Protobuf.close(out, start, 2)
}

/** What surrounds the spans of a batch: fields that are written once for all batches. */
interface Frame {
  readonly resource: Uint8Array
  readonly scope: Uint8Array
  /** The field has one number in both messages. */
  readonly schemaUrl: Uint8Array
}

const field = (write: (out: ByteBuffer) => void): Uint8Array => {
  const out = new ByteBuffer(1024)
  write(out)
  return out.copy(0)
}

const makeFrame = ({ resource, schemaUrl, scope }: BatchContext): Frame => ({
  resource: field((out) => {
    const start = Protobuf.open(out, resourceSpansFields.resource, 1)
    writeAttributes(out, resourceFields, Object.entries(resource), 0)
    Protobuf.close(out, start, 1)
  }),
  scope: field((out) => {
    const start = Protobuf.open(out, scopeSpansFields.scope, 1)
    Protobuf.writeStringField(out, scopeFields.name, scope.name)
    Protobuf.writeStringField(out, scopeFields.version, scope.version)
    Protobuf.close(out, start, 1)
  }),
  schemaUrl: field((out) => {
    if (schemaUrl !== undefined) Protobuf.writeStringField(out, resourceSpansFields.schemaUrl, schemaUrl)
  })
})

/** Two tags and two lengths. */
const maxOpening = 12

const roomOf = ({ resource, scope }: Frame): number => maxOpening + resource.length + scope.length

/**
 * Protobuf. How long the messages round the spans are is known at the end, so what stands before the spans is written then, into room that was left
 * for it, and begins where it needs to.
 */
export const format: Format<Frame> = {
  frame: makeFrame,
  begin: (out, frame) => {
    out.end = 0
    out.reserve(roomOf(frame))
    out.end = roomOf(frame)
  },
  writeSpan,
  end: (out, frame) => {
    const { resource, schemaUrl, scope } = frame
    const first = roomOf(frame)
    if (out.end === first) return first
    out.raw(schemaUrl)
    const scopeSpans = scope.length + out.end - first
    out.raw(schemaUrl)
    const sizeOfScopeSpans = 1 + Protobuf.sizeOfVarint(scopeSpans) + scopeSpans
    const resourceSpans = resource.length + sizeOfScopeSpans + schemaUrl.length
    const size = 1 + Protobuf.sizeOfVarint(resourceSpans) + resourceSpans
    const { end } = out
    const start = end - size
    out.end = start
    out.byte(resourceSpansOfRequest)
    Protobuf.writeVarint(out, resourceSpans)
    out.raw(resource)
    out.byte(resourceSpansFields.scopeSpans)
    Protobuf.writeVarint(out, scopeSpans)
    out.raw(scope)
    out.end = end
    return start
  }
}
