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
import { ByteBuffer } from "./byteBuffer.js"
import type { Format } from "./format.js"
import * as JsonNumber from "./jsonNumber.js"
import * as JsonText from "./jsonText.js"
import { KeyCache } from "./keyCache.js"
import * as Otlp from "./otlp.js"

const encoder = new TextEncoder()

const bytes = (json: string): Uint8Array => encoder.encode(json)

/** A text in quotes, of which the first was written with what stands before it. */
const writeText = (out: ByteBuffer, before: Uint8Array, text: string): void => {
  out.raw(before)
  JsonText.write(out, text)
  out.byte(quote)
}

const quote = 0x22
const bracket = 0x5b
const closingBracket = 0x5d
const brace = 0x7d

const writeTime = (out: ByteBuffer, before: Uint8Array, time: bigint): void => {
  out.raw(before)
  JsonNumber.writeAscii(out, String(BigInt.asUintN(64, time)))
  out.byte(quote)
}

const writeCount = (out: ByteBuffer, before: Uint8Array, count: number): void => {
  out.raw(before)
  JsonNumber.writeInteger(out, count)
}

/** Ends a list whose items all begin with a comma: that of the first becomes the bracket. */
const closeList = (out: ByteBuffer, start: number): void => {
  if (out.end === start) out.byte(bracket)
  else out.bytes[start] = bracket
  out.byte(closingBracket)
}

/** Keys with all that stands before a value of a type. */
const keysFor = (value: string): KeyCache => {
  const [before, after] = [bytes(`,{"key":"`), bytes(`","value":{${value}`)]
  return new KeyCache((key) => {
    const out = new ByteBuffer(before.length + key.length + after.length)
    out.raw(before)
    JsonText.write(out, key)
    out.raw(after)
    return out.copy(0)
  })
}

const stringKeys = keysFor(`"stringValue":"`)
const booleanKeys = keysFor(`"boolValue":`)
const integerKeys = keysFor(`"intValue":"`)
const doubleKeys = keysFor(`"doubleValue":`)
const listKeys = keysFor(`"arrayValue":{"values":`)

const [yes, no] = [bytes("true"), bytes("false")]
const stringItem = bytes(`,{"stringValue":"`)
const booleanItem = bytes(`,{"boolValue":`)
const integerItem = bytes(`,{"intValue":"`)
const doubleItem = bytes(`,{"doubleValue":`)

const writeBoolean = (out: ByteBuffer, before: Uint8Array, value: boolean): void => {
  out.raw(before)
  out.raw(value ? yes : no)
}

/** In quotes: whoever reads it need not have integers of 64 bits. */
const writeInteger = (out: ByteBuffer, before: Uint8Array, value: number): void => {
  out.raw(before)
  JsonNumber.writeInteger(out, value)
  out.byte(quote)
}

const writeDouble = (out: ByteBuffer, before: Uint8Array, value: number): void => {
  out.raw(before)
  JsonNumber.writeDouble(out, value)
}

const writeList = (out: ByteBuffer, before: Uint8Array, list: Otlp.List): void => {
  out.raw(before)
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

const writeNumber = (out: ByteBuffer, key: string, value: number): boolean => {
  if (!Otlp.isInteger(value)) return writeFinite(out, key, value)
  writeInteger(out, integerKeys.bytesOf(key), value)
  return true
}

const writeFinite = (out: ByteBuffer, key: string, value: number): boolean => {
  if (!Number.isFinite(value)) return false
  writeDouble(out, doubleKeys.bytesOf(key), value)
  return true
}

/** All of an attribute but two braces; `false` where the value cannot travel. */
const writeValue = (out: ByteBuffer, key: string, value: Value): boolean => {
  if (typeof value === "string") writeText(out, stringKeys.bytesOf(key), value)
  else if (typeof value === "number") return writeNumber(out, key, value)
  else if (typeof value === "boolean") writeBoolean(out, booleanKeys.bytesOf(key), value)
  else if (value instanceof Double) return writeFinite(out, key, value.value)
  else if (!Otlp.canTravel(value)) return false
  else writeList(out, listKeys.bytesOf(key), value)
  return true
}

const writeAttribute = (out: ByteBuffer, key: string, value: Value): boolean => {
  if (!writeValue(out, key, value)) return false
  out.reserve(2)
  out.view.setUint16(out.end, 0x7d7d)
  out.end += 2
  return true
}

const attributesField = bytes(`,"attributes":`)
const droppedAttributesField = bytes(`,"droppedAttributesCount":`)

/** Attributes, and how many were dropped: `dropped` before, and here those that cannot travel. */
const writeAttributes = (
  out: ByteBuffer,
  before: Uint8Array,
  attributes: RenderedSpan["attributes"],
  dropped: number
): void => {
  let count = dropped
  out.raw(before)
  const start = out.end
  for (let i = 0; i < attributes.length; i++) {
    const attribute = attributes[i]
    if (attribute === undefined) continue
    // Taken apart by index: to destructure is to iterate.
    if (!writeAttribute(out, attribute[0], attribute[1])) count++
  }
  closeList(out, start)
  writeCount(out, droppedAttributesField, count)
}

const traceIdField = bytes(`,{"traceId":"`)
const spanIdField = bytes(`,"spanId":"`)
const parentSpanIdField = bytes(`,"parentSpanId":"`)
const traceStateField = bytes(`,"traceState":"`)
const nameField = bytes(`,"name":"`)
const kindField = bytes(`,"kind":`)
const startTimeField = bytes(`,"startTimeUnixNano":"`)
const endTimeField = bytes(`,"endTimeUnixNano":"`)
const eventsField = bytes(`,"events":`)
const droppedEventsField = bytes(`,"droppedEventsCount":`)
const linksField = bytes(`,"links":`)
const statusField = bytes(`,"droppedLinksCount":0,"status":{"code":`)
const messageField = bytes(`,"message":"`)
const spanFlagsField = bytes(`},"flags":`)
const eventTimeField = bytes(`,{"timeUnixNano":"`)
const linkFlagsField = bytes(`,"flags":`)

const writeEvents = (out: ByteBuffer, events: ReadonlyArray<RenderedEvent>): void => {
  out.raw(eventsField)
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
  out.raw(linksField)
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

const writeSpan = (out: ByteBuffer, span: RenderedSpan): void => {
  writeText(out, traceIdField, span.traceId)
  writeText(out, spanIdField, span.spanId)
  if (span.parentSpanId !== undefined) writeText(out, parentSpanIdField, span.parentSpanId)
  if (span.traceState !== undefined) writeText(out, traceStateField, span.traceState)
  writeText(out, nameField, span.name)
  writeCount(out, kindField, Otlp.kinds[span.kind])
  writeTime(out, startTimeField, span.startTime)
  writeTime(out, endTimeField, span.endTime)
  writeAttributes(out, attributesField, span.attributes, span.droppedAttributes)
  writeEvents(out, span.events)
  writeCount(out, droppedEventsField, span.droppedEvents)
  writeLinks(out, span.links)
  writeCount(out, statusField, Otlp.statusCodes[span.status.code])
  if (span.status.message !== undefined) writeText(out, messageField, span.status.message)
  writeCount(out, spanFlagsField, Otlp.spanFlags(span))
  out.byte(brace)
}

/** What surrounds the spans of a batch. */
interface Frame {
  readonly before: Uint8Array
  readonly after: Uint8Array
}

const resourceField = bytes(`{"resourceSpans":[{"resource":{"attributes":`)
const scopeField = bytes(`},"scopeSpans":[{"scope":{"name":"`)
const versionField = bytes(`,"version":"`)
const spansField = bytes(`},"spans":`)
const schemaUrlField = bytes(`,"schemaUrl":"`)
const endOfScopeSpans = bytes("}]")
const endOfRequest = bytes("}]}")

const nothing = bytes(`{"resourceSpans":[]}`)

const written = (write: (out: ByteBuffer) => void): Uint8Array => {
  const out = new ByteBuffer(1024)
  write(out)
  return out.copy(0)
}

const makeFrame = ({ resource, schemaUrl, scope }: BatchContext): Frame => ({
  before: written((out) => {
    writeAttributes(out, resourceField, Object.entries(resource), 0)
    writeText(out, scopeField, scope.name)
    writeText(out, versionField, scope.version)
    out.raw(spansField)
  }),
  after: written((out) => {
    if (schemaUrl !== undefined) writeText(out, schemaUrlField, schemaUrl)
    out.raw(endOfScopeSpans)
    if (schemaUrl !== undefined) writeText(out, schemaUrlField, schemaUrl)
    out.raw(endOfRequest)
  })
})

/** JSON. */
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
      out.raw(nothing)
    } else {
      closeList(out, before.length)
      out.raw(after)
    }
    return 0
  }
}
