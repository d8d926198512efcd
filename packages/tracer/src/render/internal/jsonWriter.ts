/**
 * Export requests in OTLP's JSON: that of protobuf, but ids in hexadecimal digits and enums as numbers. See
 * https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding. Fields at their defaults are there, except where the stock exporters leave them
 * out, too.
 */
import {
  type BatchContext,
  Double,
  type RenderedEvent,
  type RenderedLink,
  type RenderedSpan,
  type Value
} from "../RenderedSpan.js"
import { type ByteBuffer, written } from "./byteBuffer.js"
import type { Format } from "./format.js"
import * as JsonNumber from "./jsonNumber.js"
import * as JsonText from "./jsonText.js"
import { KeyCache } from "./keyCache.js"
import * as Otlp from "./otlp.js"
import { Piece } from "./piece.js"
import type { Repeats } from "./repeats.js"

const piece = (json: string): Piece => new Piece(new TextEncoder().encode(json))

const quote = 0x22
const bracket = 0x5b
const closingBracket = 0x5d
const brace = 0x7d

// `before` is all that stands before a value, up to its opening quote.

const writeText = (out: ByteBuffer, before: Piece, text: string): void => {
  out.piece(before)
  JsonText.write(out, text)
  out.byte(quote)
}

const writeTime = (out: ByteBuffer, before: Piece, time: bigint): void => {
  out.piece(before)
  JsonNumber.writeAscii(out, String(BigInt.asUintN(64, time)))
  out.byte(quote)
}

const writeCount = (out: ByteBuffer, before: Piece, count: number): void => {
  out.piece(before)
  JsonNumber.writeInteger(out, count)
}

/** Ends a list whose items all begin with a comma: that of the first becomes the bracket. */
const closeList = (out: ByteBuffer, start: number): void => {
  if (out.end === start) out.byte(bracket)
  else out.bytes[start] = bracket
  out.byte(closingBracket)
}

/** Keys, with all that stands before a value of a type. */
const keysFor = (before: string): KeyCache =>
  new KeyCache((out, key) => {
    out.piece(piece(`,{"key":"`))
    JsonText.write(out, key)
    out.piece(piece(`","value":{${before}`))
  })

const stringKeys = keysFor(`"stringValue":"`)
const booleanKeys = keysFor(`"boolValue":`)
const integerKeys = keysFor(`"intValue":"`)
const doubleKeys = keysFor(`"doubleValue":`)
const listKeys = keysFor(`"arrayValue":{"values":`)

const [yes, no] = [piece("true"), piece("false")]
const stringItem = piece(`,{"stringValue":"`)
const booleanItem = piece(`,{"boolValue":`)
const integerItem = piece(`,{"intValue":"`)
const doubleItem = piece(`,{"doubleValue":`)

const writeBoolean = (out: ByteBuffer, before: Piece, value: boolean): void => {
  out.piece(before)
  out.piece(value ? yes : no)
}

/** In quotes: whoever reads it need not have integers of 64 bits. */
const writeInteger = (out: ByteBuffer, before: Piece, value: number): void => {
  out.piece(before)
  JsonNumber.writeInteger(out, value)
  out.byte(quote)
}

const writeDouble = (out: ByteBuffer, before: Piece, value: number): void => {
  out.piece(before)
  JsonNumber.writeDouble(out, value)
}

const writeList = (out: ByteBuffer, before: Piece, list: Otlp.List): void => {
  out.piece(before)
  const start = out.end
  const areDoubles = Otlp.hasDoubles(list)
  for (const item of list) {
    if (typeof item === "string") writeText(out, stringItem, item)
    else if (typeof item === "boolean") writeBoolean(out, booleanItem, item)
    else if (areDoubles) writeDouble(out, doubleItem, item)
    else writeInteger(out, integerItem, item)
    out.byte(brace)
  }
  closeList(out, start)
  out.byte(brace)
}

/** `false` for what is not finite. */
const writeFinite = (out: ByteBuffer, key: string, value: number): boolean => {
  if (!Number.isFinite(value)) return false
  writeDouble(out, doubleKeys.pieceOf(key), value)
  return true
}

const writeNumber = (out: ByteBuffer, key: string, value: number): boolean => {
  if (!Otlp.isInteger(value)) return writeFinite(out, key, value)
  writeInteger(out, integerKeys.pieceOf(key), value)
  return true
}

/** `false` for what cannot travel. */
const writeValue = (out: ByteBuffer, key: string, value: Value): boolean => {
  if (typeof value === "string") writeText(out, stringKeys.pieceOf(key), value)
  else if (typeof value === "number") return writeNumber(out, key, value)
  else if (typeof value === "boolean") writeBoolean(out, booleanKeys.pieceOf(key), value)
  else if (value instanceof Double) return writeFinite(out, key, value.value)
  else if (!Otlp.canTravel(value)) return false
  else writeList(out, listKeys.pieceOf(key), value)
  return true
}

const writeAttribute = (out: ByteBuffer, key: string, value: Value): boolean => {
  if (!writeValue(out, key, value)) return false
  out.byte(brace)
  out.byte(brace)
  return true
}

const attributesField = piece(`,"attributes":`)
const droppedAttributesField = piece(`,"droppedAttributesCount":`)

/** Attributes, and how many were dropped: `dropped` before, and here those that cannot travel. */
const writeAttributes = (
  out: ByteBuffer,
  before: Piece,
  attributes: RenderedSpan["attributes"],
  dropped: number
): void => {
  let count = dropped
  out.piece(before)
  const start = out.end
  for (const [key, value] of attributes) if (!writeAttribute(out, key, value)) count++
  closeList(out, start)
  writeCount(out, droppedAttributesField, count)
}

const traceIdField = piece(`,{"traceId":"`)
const spanIdField = piece(`,"spanId":"`)
const parentSpanIdField = piece(`,"parentSpanId":"`)
const traceStateField = piece(`,"traceState":"`)
const nameField = piece(`,"name":"`)
const kindField = piece(`,"kind":`)
const startTimeField = piece(`,"startTimeUnixNano":"`)
const endTimeField = piece(`,"endTimeUnixNano":"`)
const eventsField = piece(`,"events":`)
const droppedEventsField = piece(`,"droppedEventsCount":`)
const linksField = piece(`,"links":`)
const statusField = piece(`,"droppedLinksCount":0,"status":{"code":`)
const messageField = piece(`,"message":"`)
const spanFlagsField = piece(`},"flags":`)
const eventTimeField = piece(`,{"timeUnixNano":"`)
const linkFlagsField = piece(`,"flags":`)

const writeEvents = (out: ByteBuffer, events: ReadonlyArray<RenderedEvent>): void => {
  out.piece(eventsField)
  const start = out.end
  for (const event of events) {
    writeTime(out, eventTimeField, event.time)
    writeText(out, nameField, event.name)
    writeAttributes(out, attributesField, event.attributes, 0)
    out.byte(brace)
  }
  closeList(out, start)
}

const writeLinks = (out: ByteBuffer, links: ReadonlyArray<RenderedLink>): void => {
  out.piece(linksField)
  const start = out.end
  for (const link of links) {
    writeText(out, traceIdField, link.traceId)
    writeText(out, spanIdField, link.spanId)
    writeAttributes(out, attributesField, link.attributes, 0)
    writeCount(out, linkFlagsField, Otlp.linkFlags)
    out.byte(brace)
  }
  closeList(out, start)
}

const writeSpan = (out: ByteBuffer, span: RenderedSpan, repeats: Repeats): void => {
  writeText(out, traceIdField, span.traceId)
  writeText(out, spanIdField, span.spanId)
  if (span.parentSpanId !== undefined) writeText(out, parentSpanIdField, span.parentSpanId)
  if (span.traceState !== undefined) writeText(out, traceStateField, span.traceState)
  writeText(out, nameField, span.name)
  writeCount(out, kindField, Otlp.kinds[span.kind])
  writeTime(out, startTimeField, span.startTime)
  writeTime(out, endTimeField, span.endTime)
  out.piece(attributesField)
  const start = out.end
  const dropped = repeats.write(out, span.attributes, writeAttribute)
  closeList(out, start)
  writeCount(out, droppedAttributesField, dropped + span.droppedAttributes)
  writeEvents(out, span.events)
  writeCount(out, droppedEventsField, span.droppedEvents)
  writeLinks(out, span.links)
  writeCount(out, statusField, Otlp.statusCodes[span.status.code])
  if (span.status.message !== undefined) writeText(out, messageField, span.status.message)
  writeCount(out, spanFlagsField, Otlp.spanFlags(span))
  out.byte(brace)
  repeats.keep()
}

/** What surrounds the spans. */
interface Frame {
  readonly before: Uint8Array
  readonly after: Uint8Array
}

const resourceField = piece(`{"resourceSpans":[{"resource":{"attributes":`)
const scopeField = piece(`},"scopeSpans":[{"scope":{"name":"`)
const versionField = piece(`,"version":"`)
const spansField = piece(`},"spans":`)
const schemaUrlField = piece(`,"schemaUrl":"`)
const endOfScopeSpans = piece("}]")
const endOfRequest = piece("}]}")

const nothing = piece(`{"resourceSpans":[]}`)

const makeFrame = ({ resource, schemaUrl, scope }: BatchContext): Frame => ({
  before: written((out) => {
    writeAttributes(out, resourceField, Object.entries(resource), 0)
    writeText(out, scopeField, scope.name)
    writeText(out, versionField, scope.version)
    out.piece(spansField)
  }),
  after: written((out) => {
    if (schemaUrl !== undefined) writeText(out, schemaUrlField, schemaUrl)
    out.piece(endOfScopeSpans)
    if (schemaUrl !== undefined) writeText(out, schemaUrlField, schemaUrl)
    out.piece(endOfRequest)
  })
})

export const format: Format<Frame> = {
  frame: makeFrame,
  begin: (out, { before }) => {
    out.end = 0
    out.raw(before)
  },
  writeSpan,
  end: (out, { after, before }) => {
    if (out.end === before.length) {
      out.end = 0
      out.piece(nothing)
    } else {
      closeList(out, before.length)
      out.raw(after)
    }
    return 0
  }
}
