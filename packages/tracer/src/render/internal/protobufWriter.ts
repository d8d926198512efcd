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
import { type ByteBuffer, writeText, written } from "./byteBuffer.js"
import type { Format } from "./format.js"
import { KeyCache } from "./keyCache.js"
import * as Otlp from "./otlp.js"
import type { Piece } from "./piece.js"
import * as Protobuf from "./protobuf.js"
import type { Repeats } from "./repeats.js"

const { i32, i64, len, varint } = Protobuf

const resourceSpansOfRequest = len(1)

const resourceSpansFields = { resource: len(1), scopeSpans: len(2), schemaUrl: len(3) }

const resourceFields = { attributes: len(1), droppedAttributesCount: varint(2) }

const scopeSpansFields = { scope: len(1), spans: len(2), schemaUrl: len(3) }

const scopeFields = { name: len(1), version: len(2) }

const spanFields = {
  traceId: len(1),
  spanId: len(2),
  traceState: len(3),
  parentSpanId: len(4),
  name: len(5),
  kind: varint(6),
  startTimeUnixNano: i64(7),
  endTimeUnixNano: i64(8),
  attributes: len(9),
  droppedAttributesCount: varint(10),
  events: len(11),
  droppedEventsCount: varint(12),
  links: len(13),
  status: len(15),
  flags: i32(16)
}

const eventFields = {
  timeUnixNano: i64(1),
  name: len(2),
  attributes: len(3),
  droppedAttributesCount: varint(4)
}

const linkFields = {
  traceId: len(1),
  spanId: len(2),
  attributes: len(4),
  droppedAttributesCount: varint(5),
  flags: i32(6)
}

const statusFields = { message: len(2), code: varint(3) }

const keyValueFields = { key: len(1), value: len(2) }

const valueFields = {
  stringValue: len(1),
  boolValue: varint(2),
  intValue: varint(3),
  doubleValue: i64(4),
  arrayValue: len(5)
}

const valuesOfArray = len(1)

/** With the tag of the value, which comes next. */
const keys = new KeyCache((out, key) => {
  Protobuf.writeStringField(out, keyValueFields.key, key)
  out.byte(keyValueFields.value)
})

// What follows writes attributes: `tag` is that of the field in the message that has them.

/** All that stands before a value, which takes `size` bytes, its length included. Makes room for a number, too. */
const openAttribute = (out: ByteBuffer, tag: number, key: Piece, size: number): void => {
  out.reserve(key.length + 32)
  out.bytes[out.end] = tag
  out.end = Protobuf.putVarint(out.bytes, out.end + 1, key.length + size)
  out.piece(key)
}

const writeString = (out: ByteBuffer, tag: number, key: Piece, text: string): void => {
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

const writeInteger = (out: ByteBuffer, tag: number, key: Piece, value: number): void => {
  const size = 1 + Protobuf.sizeOfInteger(value)
  openAttribute(out, tag, key, 1 + size)
  out.byte(size)
  writeIntegerValue(out, value)
}

const writeDouble = (out: ByteBuffer, tag: number, key: Piece, value: number): void => {
  openAttribute(out, tag, key, 10)
  out.byte(9)
  Protobuf.writeDoubleField(out, valueFields.doubleValue, value)
}

const writeBooleanValue = (out: ByteBuffer, value: boolean): void => {
  out.byte(valueFields.boolValue)
  out.byte(value ? 1 : 0)
}

const writeBoolean = (out: ByteBuffer, tag: number, key: Piece, value: boolean): void => {
  openAttribute(out, tag, key, 3)
  out.byte(2)
  writeBooleanValue(out, value)
}

const writeList = (out: ByteBuffer, tag: number, key: Piece, list: Otlp.List): void => {
  const attribute = Protobuf.open(out, tag, 1)
  out.piece(key)
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

/** `false` for what is not finite. */
const writeFinite = (out: ByteBuffer, tag: number, key: Piece, value: number): boolean => {
  if (!Number.isFinite(value)) return false
  writeDouble(out, tag, key, value)
  return true
}

const writeNumber = (out: ByteBuffer, tag: number, key: Piece, value: number): boolean => {
  if (!Otlp.isInteger(value)) return writeFinite(out, tag, key, value)
  writeInteger(out, tag, key, value)
  return true
}

/** `false` for what cannot travel. */
const writeAttribute = (out: ByteBuffer, tag: number, name: string, value: Value): boolean => {
  const key = keys.pieceOf(name)
  if (typeof value === "string") writeString(out, tag, key, value)
  else if (typeof value === "number") return writeNumber(out, tag, key, value)
  else if (typeof value === "boolean") writeBoolean(out, tag, key, value)
  else if (value instanceof Double) return writeFinite(out, tag, key, value.value)
  else if (!Otlp.canTravel(value)) return false
  else writeList(out, tag, key, value)
  return true
}

/** Attributes, and how many were dropped: `dropped` before, and here those that cannot travel. */
const writeAttributes = (
  out: ByteBuffer,
  fields: { readonly attributes: number; readonly droppedAttributesCount: number },
  attributes: RenderedSpan["attributes"],
  dropped: number
): void => {
  let count = dropped
  for (const [key, value] of attributes) if (!writeAttribute(out, fields.attributes, key, value)) count++
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

const writeSpanAttribute = (out: ByteBuffer, key: string, value: Value): boolean =>
  writeAttribute(out, spanFields.attributes, key, value)

const writeSpan = (out: ByteBuffer, span: RenderedSpan, repeats: Repeats): void => {
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
  const dropped = repeats.write(out, span.attributes, writeSpanAttribute)
  Protobuf.writeCountField(out, spanFields.droppedAttributesCount, span.droppedAttributes + dropped)
  for (const event of span.events) writeEvent(out, event)
  Protobuf.writeCountField(out, spanFields.droppedEventsCount, span.droppedEvents)
  for (const link of span.links) writeLink(out, link)
  writeStatus(out, span.status)
  Protobuf.writeFixed32Field(out, spanFields.flags, Otlp.spanFlags(span))
  if (!Protobuf.close(out, start, 2)) repeats.keep()
}

/** What surrounds the spans. */
interface Frame {
  readonly resource: Uint8Array
  readonly scope: Uint8Array
  /** The field has one number in both messages. */
  readonly schemaUrl: Uint8Array
}

const makeFrame = ({ resource, schemaUrl, scope }: BatchContext): Frame => ({
  resource: written((out) => {
    const start = Protobuf.open(out, resourceSpansFields.resource, 1)
    writeAttributes(out, resourceFields, Object.entries(resource), 0)
    Protobuf.close(out, start, 1)
  }),
  scope: written((out) => {
    const start = Protobuf.open(out, scopeSpansFields.scope, 1)
    Protobuf.writeStringField(out, scopeFields.name, scope.name)
    Protobuf.writeStringField(out, scopeFields.version, scope.version)
    Protobuf.close(out, start, 1)
  }),
  schemaUrl: written((out) => {
    if (schemaUrl !== undefined) Protobuf.writeStringField(out, resourceSpansFields.schemaUrl, schemaUrl)
  })
})

/** With a tag of one byte and the length. */
const sizeOfMessage = (content: number): number => 1 + Protobuf.sizeOfVarint(content) + content

/** Two tags and two lengths at their longest. */
const maxOpening = 12

const roomOf = ({ resource, scope }: Frame): number => maxOpening + resource.length + scope.length

/** How long the messages round the spans are is known at the end. Then what stands before the spans is written, into room that was left for it. */
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
    const room = roomOf(frame)
    if (out.end === room) return room
    out.raw(schemaUrl)
    const scopeSpans = scope.length + out.end - room
    out.raw(schemaUrl)
    const { end } = out
    const resourceSpans = resource.length + sizeOfMessage(scopeSpans) + schemaUrl.length
    const start = end - sizeOfMessage(resourceSpans)
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
