/**
 * How an export request is written, whatever the format: what surrounds the spans, and each span.
 */
import type { BatchContext, RenderedSpan } from "../RenderedSpan.js"
import type { ByteBuffer } from "./byteBuffer.js"
import type { Repeats } from "./repeats.js"

/** `Frame` is what the requests of one context have in common, made once. */
export interface Format<Frame> {
  readonly frame: (context: BatchContext) => Frame
  /** Begins a request in a buffer, whatever was in it. */
  readonly begin: (out: ByteBuffer, frame: Frame) => void
  readonly writeSpan: (out: ByteBuffer, span: RenderedSpan, repeats: Repeats) => void
  /** Ends it, and gives where in the buffer it starts. */
  readonly end: (out: ByteBuffer, frame: Frame) => number
}
