/**
 * Writes rendered spans in a wire format, span by span, in one pass from plain data to bytes.
 *
 * @since 0.1.0
 */
import type { Destination } from "@tenant-tracer/model/Destination"
import { ByteBuffer } from "./internal/byteBuffer.js"
import type { Format } from "./internal/format.js"
import * as JsonWriter from "./internal/jsonWriter.js"
import * as ProtobufWriter from "./internal/protobufWriter.js"
import { Repeats } from "./internal/repeats.js"
import type { BatchContext, RenderedSpan } from "./RenderedSpan.js"

/**
 * A request that is being written. Between two spans other work may go on, and other requests be written; spans stay as they are until it ends.
 *
 * @since 0.1.0
 * @category models
 */
export interface Encoding<out Out = Uint8Array> {
  /** Writes a span. Where that throws, nothing of the span is written. */
  readonly add: (span: RenderedSpan) => void
  /** What was written, which nobody else writes to. It ends the encoding: to add to it any more throws. */
  readonly finish: () => Out
}

/**
 * One wire format: the body of an export request, whose spans share a resource and a scope. Numbers that are not finite are left out and counted as
 * dropped attributes, of a list with the whole list. Pass one `context` object for all batches of a destination: what is written of it is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Writer {
  readonly contentType: string
  readonly begin: (context: BatchContext) => Encoding
  /** All at once. */
  readonly encode: (spans: ReadonlyArray<RenderedSpan>, context: BatchContext) => Uint8Array
}

const initialBytes = 64 * 1024

/** A buffer that has grown beyond that leaves with its request. */
const keptBytes = 2 * 1024 * 1024

/** The buffer of the last request that ended. A request that is never finished keeps its own, and both are gone. */
let spare: ByteBuffer | undefined

const take = (out: ByteBuffer, start: number): Uint8Array => {
  if (out.bytes.length > keptBytes) return out.bytes.subarray(start, out.end)
  spare = out
  return out.copy(start)
}

const make = <Frame>(contentType: string, format: Format<Frame>): Writer => {
  const frames = new WeakMap<BatchContext, Frame>()

  const frameOf = (context: BatchContext): Frame => {
    const known = frames.get(context)
    if (known !== undefined) return known
    const frame = format.frame(context)
    frames.set(context, frame)
    return frame
  }

  const begin = (context: BatchContext): Encoding => {
    const frame = frameOf(context)
    const out = spare ?? new ByteBuffer(initialBytes)
    spare = undefined
    const repeats = new Repeats()
    format.begin(out, frame)
    let end = out.end
    let isOpen = true
    const check = () => {
      if (!isOpen) throw new Error("This encoding has ended; begin another")
    }
    return {
      add: (span) => {
        check()
        // Where the last span threw, it has left a part.
        out.end = end
        format.writeSpan(out, span, repeats)
        end = out.end
      },
      finish: () => {
        check()
        isOpen = false
        out.end = end
        return take(out, format.end(out, frame))
      }
    }
  }

  return {
    contentType,
    begin,
    encode: (spans, context) => {
      const { add, finish } = begin(context)
      for (const span of spans) add(span)
      return finish()
    }
  }
}

/**
 * OTLP in protobuf, which every back end takes.
 *
 * @since 0.1.0
 * @category writers
 */
export const protobuf: Writer = make("application/x-protobuf", ProtobufWriter.format)

/**
 * OTLP in JSON. Integers are text, as protobuf's mapping has it for those of 64 bits.
 *
 * @since 0.1.0
 * @category writers
 */
export const json: Writer = make("application/json", JsonWriter.format)

const byProtocol: Record<Destination["protocol"], Writer> = { "http/protobuf": protobuf, "http/json": json }

/**
 * The writer for a destination's protocol.
 *
 * @since 0.1.0
 * @category getters
 */
export const of = (protocol: Destination["protocol"]): Writer => byProtocol[protocol]
