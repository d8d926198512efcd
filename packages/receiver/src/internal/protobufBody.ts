/** OTLP/protobuf: the bytes of a body to an untyped message, and how that encoding writes scalars. */
import { Encoding } from "effect"
import protobuf from "protobufjs/light.js"
import { exportRequest } from "./otlpSchema.js"
import type { Scalars } from "./readRequest.js"

/**
 * protobufjs keeps a known field that was written with a wrong wire type among the unknown ones; a collector refuses
 * it. Fields that the schema does not know are tolerated, as the protocol asks.
 */
const refuseMistypedFields = (message: unknown): void => {
  if (Array.isArray(message)) {
    for (const item of message) refuseMistypedFields(item)
  } else if (message instanceof protobuf.Message) {
    // `$unknowns` is set by the decoder, and missing from protobufjs' types.
    const { $unknowns = [] } = message as { readonly $unknowns?: ReadonlyArray<Uint8Array> }
    for (const raw of $unknowns) {
      const field = message.$type.fieldsById[protobuf.Reader.create(raw).uint32() >>> 3]
      if (field !== undefined) throw new TypeError(`${message.$type.name}.${field.name} has a wrong wire type`)
    }
    for (const key of Object.keys(message)) refuseMistypedFields(Reflect.get(message, key))
  }
}

// Two bytes are an empty message, and in memory hundreds: a small body must not become gigabytes.
const maxFields = 1_000_000

const readerOf = (body: Uint8Array): protobuf.Reader => {
  const reader = protobuf.Reader.create(body)
  reader.discardUnknown = false
  const { tag } = reader
  let left = maxFields
  reader.tag = () => {
    if (--left < 0) throw new RangeError(`it has more than ${maxFields} fields`)
    return tag.call(reader)
  }
  return reader
}

/** Parses a body. Throws on what is truncated, not UTF-8, nested too deeply, mistyped or too much. */
export const parse = (body: Uint8Array): unknown => {
  const reader = readerOf(body)
  const message = exportRequest.decode(reader)
  refuseMistypedFields(message)
  return exportRequest.toObject(message, { longs: BigInt })
}

/** Protobuf writes ids and bytes as bytes; everything else has its type already. */
export const scalars: Scalars = {
  encoding: "protobuf",
  hex: (raw) => (raw instanceof Uint8Array ? Encoding.encodeHex(raw) : raw === "" ? "" : undefined),
  // A copy, because protobufjs hands out windows into the whole body.
  bytes: (raw) => (raw instanceof Uint8Array ? Uint8Array.from(raw) : undefined),
  integer: (raw) => (typeof raw === "bigint" || typeof raw === "number" ? BigInt(raw) : undefined),
  double: (raw) => (typeof raw === "number" ? raw : undefined)
}
