/**
 * Bytes that are written one after another, in memory that grows with them.
 */
import type { Piece } from "./piece.js"

/** Up to that, a loop over the characters is faster than a call into native code. */
const shortText = 32

/** Whoever writes to `bytes` himself makes room first (`reserve`), and moves `end`, where the next byte goes. */
export class ByteBuffer {
  bytes: Buffer
  view: DataView
  end = 0

  constructor(capacity: number) {
    // Of memory of its own, where a view begins at 0: Node cuts small buffers from a pool.
    this.bytes = Buffer.allocUnsafeSlow(capacity)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Makes room for so many more bytes. */
  reserve(count: number): void {
    if (this.end + count > this.bytes.length) this.grow(this.end + count)
  }

  private grow(least: number): void {
    const { bytes } = this
    this.bytes = Buffer.allocUnsafeSlow(Math.max(least, bytes.length * 2))
    this.view = new DataView(this.bytes.buffer)
    this.bytes.set(bytes.subarray(0, this.end))
  }

  byte(value: number): void {
    this.reserve(1)
    this.bytes[this.end++] = value
  }

  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.end)
    this.end += bytes.length
  }

  piece({ length, words }: Piece): void {
    this.reserve(8 * words.length)
    for (let i = 0; i < words.length; i++) this.view.setFloat64(this.end + 8 * i, words[i] ?? 0, true)
    this.end += length
  }

  /** Writes once more what was written between two places. */
  repeat(start: number, end: number): void {
    this.reserve(end - start)
    this.bytes.copyWithin(this.end, start, end)
    this.end += end - start
  }

  /** What was written from `start` on, as bytes that nobody else has. */
  copy(start: number): Uint8Array {
    // Not filled with zeros first, as a new array is.
    const copy = new Uint8Array(Buffer.allocUnsafeSlow(this.end - start).buffer)
    copy.set(this.bytes.subarray(start, this.end))
    return copy
  }
}

/**
 * Writes a text as UTF-8, half of a surrogate pair as U+FFFD, and gives the number of its bytes. There must be room for three of them to each
 * character.
 */
export const writeText = (bytes: Buffer, start: number, text: string): number => {
  const { length } = text
  if (length > shortText) return bytes.write(text, start, "utf8")
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return bytes.write(text, start, "utf8")
    bytes[start + i] = code
  }
  return length
}

/** What `write` writes, as bytes of their own. */
export const written = (write: (out: ByteBuffer) => void): Uint8Array => {
  const out = new ByteBuffer(1024)
  write(out)
  return out.copy(0)
}
