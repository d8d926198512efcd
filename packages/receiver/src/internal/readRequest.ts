/**
 * From a decoded but untyped OTLP message to the model, for both encodings: protobuf (as protobufjs hands it out) and
 * JSON differ only in their `Scalars`. Whatever does not fit is thrown as an `OtlpDecodeError`; `Otlp.decode` catches it.
 */
import { OtlpDecodeError } from "../ReceiverError.js"
import { plainRecord } from "./attributeValue.js"
import type {
  AnyValue,
  Attributed,
  Encoding,
  Event,
  ExportRequest,
  KeyValue,
  Link,
  ResourceSpans,
  ScopeSpans,
  Span
} from "./otlpModel.js"

/** How an encoding writes what the two write differently. Each gives `undefined` for a value of another shape. */
export interface Scalars {
  readonly encoding: Encoding
  /** The bytes of an id as lower-case hex. */
  readonly hex: (raw: unknown) => string | undefined
  readonly bytes: (raw: unknown) => Uint8Array | undefined
  readonly integer: (raw: unknown) => bigint | undefined
  readonly double: (raw: unknown) => number | undefined
}

interface Message {
  readonly [field: string]: unknown
}

const isMessage = (raw: unknown): raw is Message => typeof raw === "object" && raw !== null && !Array.isArray(raw)

const absent = (raw: unknown): raw is null | undefined => raw === undefined || raw === null

// protobufjs stops at 100 messages within one another; a JSON body needs a limit of its own.
const maxDepth = 64

// Spans, events, links, attributes and values of lists, all together: each of them takes hundreds of bytes.
const maxItems = 250_000

/** Reads a whole `ExportTraceServiceRequest`. Throws `OtlpDecodeError`. */
export const readRequest = (raw: unknown, scalars: Scalars): ExportRequest => {
  const refuse = (where: string, what: string): never => {
    throw new OtlpDecodeError({ encoding: scalars.encoding, where, what })
  }

  const message = (raw: unknown, at: string): Message =>
    absent(raw) ? {} : isMessage(raw) ? raw : refuse(at, "must be an object")

  let items = 0
  const list = <A>(raw: unknown, at: string, read: (item: unknown, at: string) => A): ReadonlyArray<A> => {
    if (absent(raw)) return []
    if (!Array.isArray(raw)) return refuse(at, "must be an array")
    items += raw.length
    if (items > maxItems) return refuse(at, `is too much: a request has at most ${maxItems} items in all its lists`)
    return raw.map((item: unknown, index) => read(item, `${at}[${index}]`))
  }

  // Both encodings give the same text: a lone surrogate, which only JSON can carry, becomes what UTF-8 makes of it.
  const text = (raw: unknown, at: string): string =>
    absent(raw) ? "" : typeof raw === "string" ? raw.replace(/\p{Cs}/gu, "\uFFFD") : refuse(at, "must be a string")

  const integer = (raw: unknown, at: string, low: bigint, high: bigint): bigint => {
    if (absent(raw)) return 0n
    const value = scalars.integer(raw) ?? refuse(at, "must be an integer")
    return value < low || value > high ? refuse(at, `must lie between ${low} and ${high}`) : value
  }
  const int64 = (raw: unknown, at: string) => integer(raw, at, -(2n ** 63n), 2n ** 63n - 1n)
  const uint64 = (raw: unknown, at: string) => integer(raw, at, 0n, 2n ** 64n - 1n)
  const uint32 = (raw: unknown, at: string) => Number(integer(raw, at, 0n, 2n ** 32n - 1n))
  const enumeration = (raw: unknown, at: string): number =>
    absent(raw)
      ? 0
      : typeof raw === "number" && Number.isInteger(raw) && Math.abs(raw) <= 2 ** 31
        ? raw
        : refuse(at, "must be the number of an enum value")

  const id = (raw: unknown, at: string, bytes: 8 | 16): string => {
    const hex = scalars.hex(raw ?? "") ?? refuse(at, `must be ${bytes * 2} hex digits`)
    if (hex.length !== bytes * 2) return refuse(at, `must be ${bytes} bytes long, not ${hex.length / 2}`)
    return /^0+$/.test(hex) ? refuse(at, "must not be all zeros") : hex
  }
  // Exporters exist that write a root's missing parent as eight zeros, and back ends take it for a root.
  const parentId = (raw: unknown, at: string): string => {
    const hex = scalars.hex(raw ?? "")
    return hex === "" || hex === "0000000000000000" ? "" : id(raw, at, 8)
  }

  const anyValue = (raw: unknown, at: string, depth: number): AnyValue => {
    if (depth > maxDepth) return refuse(at, `is nested more than ${maxDepth} levels deep`)
    const value = message(raw, at)
    const set = Object.keys(value).filter((key) => valueFields.has(key) && !absent(value[key]))
    if (set.length > 1) return refuse(at, `must hold one value, not ${set.join(" and ")}`)
    const [field] = set
    if (field === undefined) return { type: "empty" }
    const inner = value[field]
    const here = `${at}.${field}`
    switch (field) {
      case "stringValue":
        return { type: "string", value: text(inner, here) }
      case "boolValue":
        return { type: "bool", value: typeof inner === "boolean" ? inner : refuse(here, "must be true or false") }
      case "intValue":
        return { type: "int", value: int64(inner, here) }
      case "doubleValue":
        return { type: "double", value: scalars.double(inner) ?? refuse(here, "must be a number") }
      case "bytesValue":
        return { type: "bytes", value: scalars.bytes(inner) ?? refuse(here, "must be base64") }
      case "arrayValue":
        return {
          type: "array",
          value: list(message(inner, here).values, `${here}.values`, (item, at) => anyValue(item, at, depth + 1))
        }
      default:
        return { type: "kvlist", value: keyValues(message(inner, here).values, `${here}.values`, depth + 1) }
    }
  }

  const keyValues = (raw: unknown, at: string, depth: number): ReadonlyArray<KeyValue> =>
    list(raw, at, (item, at) => {
      const pair = message(item, at)
      return { key: text(pair.key, `${at}.key`), value: anyValue(pair.value, `${at}.value`, depth) }
    })

  const attributed = (owner: Message, at: string): Attributed => {
    const pairs = keyValues(owner.attributes, `${at}.attributes`, 0)
    return {
      attributes: plainRecord(pairs),
      keyValues: pairs,
      droppedAttributesCount: uint32(owner.droppedAttributesCount, `${at}.droppedAttributesCount`)
    }
  }

  const event = (raw: unknown, at: string): Event => {
    const from = message(raw, at)
    return {
      timeUnixNano: uint64(from.timeUnixNano, `${at}.timeUnixNano`),
      name: text(from.name, `${at}.name`),
      ...attributed(from, at)
    }
  }

  const link = (raw: unknown, at: string): Link => {
    const from = message(raw, at)
    return {
      traceId: id(from.traceId, `${at}.traceId`, 16),
      spanId: id(from.spanId, `${at}.spanId`, 8),
      traceState: text(from.traceState, `${at}.traceState`),
      flags: uint32(from.flags, `${at}.flags`),
      ...attributed(from, at)
    }
  }

  const span = (raw: unknown, at: string): Span => {
    const from = message(raw, at)
    const status = message(from.status, `${at}.status`)
    return {
      traceId: id(from.traceId, `${at}.traceId`, 16),
      spanId: id(from.spanId, `${at}.spanId`, 8),
      parentSpanId: parentId(from.parentSpanId, `${at}.parentSpanId`),
      traceState: text(from.traceState, `${at}.traceState`),
      flags: uint32(from.flags, `${at}.flags`),
      name: text(from.name, `${at}.name`),
      kind: enumeration(from.kind, `${at}.kind`),
      startTimeUnixNano: uint64(from.startTimeUnixNano, `${at}.startTimeUnixNano`),
      endTimeUnixNano: uint64(from.endTimeUnixNano, `${at}.endTimeUnixNano`),
      ...attributed(from, at),
      events: list(from.events, `${at}.events`, event),
      droppedEventsCount: uint32(from.droppedEventsCount, `${at}.droppedEventsCount`),
      links: list(from.links, `${at}.links`, link),
      droppedLinksCount: uint32(from.droppedLinksCount, `${at}.droppedLinksCount`),
      status: {
        code: enumeration(status.code, `${at}.status.code`),
        message: text(status.message, `${at}.status.message`)
      }
    }
  }

  const scopeSpans = (raw: unknown, at: string): ScopeSpans => {
    const from = message(raw, at)
    const scope = message(from.scope, `${at}.scope`)
    return {
      scope: {
        name: text(scope.name, `${at}.scope.name`),
        version: text(scope.version, `${at}.scope.version`),
        ...attributed(scope, `${at}.scope`),
        schemaUrl: text(from.schemaUrl, `${at}.schemaUrl`)
      },
      spans: list(from.spans, `${at}.spans`, span)
    }
  }

  const resourceSpans = (raw: unknown, at: string): ResourceSpans => {
    const from = message(raw, at)
    const resource = message(from.resource, `${at}.resource`)
    return {
      resource: { ...attributed(resource, `${at}.resource`), schemaUrl: text(from.schemaUrl, `${at}.schemaUrl`) },
      scopeSpans: list(from.scopeSpans, `${at}.scopeSpans`, scopeSpans)
    }
  }

  if (!isMessage(raw)) return refuse("", "must be an object")
  return { resourceSpans: list(raw.resourceSpans, "resourceSpans", resourceSpans) }
}

const valueFields: ReadonlySet<string> = new Set([
  "stringValue",
  "boolValue",
  "intValue",
  "doubleValue",
  "arrayValue",
  "kvlistValue",
  "bytesValue"
])
