/**
 * Text within a JSON string, as UTF-8. It is encoded natively, a piece at a time, and escaped as bytes, four at a time: much faster than
 * `JSON.stringify`, and half of a surrogate pair is U+FFFD as in any UTF-8.
 */
import type { ByteBuffer } from "./byteBuffer.js"

/** Up to that, a loop over the characters is faster than a call into native code. */
const shortText = 32

const pieceLength = 4096

const piece = Buffer.allocUnsafeSlow(3 * pieceLength + 4)
const pieceView = new DataView(piece.buffer)

const backslash = 0x5c
const quote = 0x22
const u = 0x75

/** What follows the backslash for each byte that must be escaped. */
const escapes = new Uint8Array(128).fill(u, 0, 0x20)
for (const [character, escape] of Object.entries({
  "\b": "b",
  "\t": "t",
  "\n": "n",
  "\f": "f",
  "\r": "r",
  '"': '"',
  "\\": "\\"
}))
  escapes[character.charCodeAt(0)] = escape.charCodeAt(0)

/** The highest bit of each of four bytes that must be escaped: below 0x20, a quote or a backslash. What is set above the lowest may be wrong. */
const toEscape = (four: number): number =>
  ((four - 0x20202020) | ((four ^ 0x22222222) - 0x01010101) | ((four ^ 0x5c5c5c5c) - 0x01010101)) & ~four & 0x80808080

const hexDigit = (value: number): number => value + (value < 10 ? 0x30 : 0x57)

/** Writes the first `size` bytes of `piece`. */
const escapePiece = (out: ByteBuffer, size: number): void => {
  // Each byte becomes six at worst, and the last four may reach beyond the end.
  out.reserve(6 * size + 4)
  pieceView.setUint32(size, 0x20202020)
  const { bytes, view } = out
  let at = out.end
  let from = 0
  while (from < size) {
    const four = pieceView.getInt32(from, true)
    view.setInt32(at, four, true)
    const found = toEscape(four)
    if (found === 0) {
      at += 4
      from += 4
    } else {
      const plain = (31 - Math.clz32(found & -found)) >> 3
      at += plain
      from += plain
      const byte = piece[from++] ?? 0
      const escape = escapes[byte] ?? 0
      bytes[at++] = backslash
      bytes[at++] = escape
      if (escape === u) {
        bytes[at++] = 0x30
        bytes[at++] = 0x30
        bytes[at++] = hexDigit(byte >> 4)
        bytes[at++] = hexDigit(byte & 15)
      }
    }
  }
  out.end = at - (from - size)
}

const isHighSurrogate = (code: number): boolean => (code & 0xfc00) === 0xd800

const writeLong = (out: ByteBuffer, text: string): void => {
  const { length } = text
  for (let from = 0; from < length; ) {
    let to = Math.min(from + pieceLength, length)
    if (to < length && isHighSurrogate(text.charCodeAt(to - 1))) to--
    escapePiece(out, piece.write(to - from === length ? text : text.slice(from, to), 0, "utf8"))
    from = to
  }
}

/** `false` where something would have to be escaped or is not ASCII. */
const writePlain = (out: ByteBuffer, text: string): boolean => {
  const { length } = text
  out.reserve(length)
  const { bytes, end } = out
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i)
    if (code < 0x20 || code > 0x7f || code === quote || code === backslash) return false
    bytes[end + i] = code
  }
  out.end = end + length
  return true
}

/** Writes a text without the quotes. */
export const write = (out: ByteBuffer, text: string): void => {
  if (text.length > shortText || !writePlain(out, text)) writeLong(out, text)
}
