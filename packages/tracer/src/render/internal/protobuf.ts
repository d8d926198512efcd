/**
 * The wire format of protobuf, as far as OTLP needs it. See https://protobuf.dev/programming-guides/encoding.
 */
import { type ByteBuffer, writeText } from "./byteBuffer.js"

// What stands before a field: its number, and how it is written. The names are those of the specification.
export const varint = (field: number): number => field * 8
export const i64 = (field: number): number => field * 8 + 1
export const len = (field: number): number => field * 8 + 2
export const i32 = (field: number): number => field * 8 + 5

export const sizeOfVarint = (value: number): number =>
  value < 2 ** 7 ? 1 : value < 2 ** 14 ? 2 : value < 2 ** 21 ? 3 : value < 2 ** 28 ? 4 : 5

/** Writes a number from 0 to 2^32 - 1, for which there must be room, and gives the place behind it. */
export const putVarint = (into: Buffer, start: number, value: number): number => {
  let at = start
  let left = value
  while (left > 127) {
    into[at++] = (left & 127) | 128
    left >>>= 7
  }
  into[at++] = left
  return at
}

export const writeVarint = (out: ByteBuffer, value: number): void => {
  out.reserve(5)
  out.end = putVarint(out.bytes, out.end, value)
}

/** For a number from -2^63 to 2^63 - 1. */
export const sizeOfInteger = (value: number): number => {
  if (value < 0) return 10
  let size = sizeOfVarint(value)
  for (let left = value / 2 ** 35; left >= 1; left /= 2 ** 7) size++
  return size
}

/** Writes a number from -2^63 to 2^63 - 1 as two's complement. It is exact: to divide by a power of two takes nothing from a double. */
export const writeInteger = (out: ByteBuffer, value: number): void => {
  out.reserve(10)
  if (value >= 0 && value < 2 ** 32) {
    out.end = putVarint(out.bytes, out.end, value)
    return
  }
  const upper = Math.floor(value / 2 ** 32)
  let low = (value - upper * 2 ** 32) >>> 0
  let high = upper >>> 0
  while (high > 0 || low > 127) {
    out.bytes[out.end++] = (low & 127) | 128
    low = ((low >>> 7) | (high << 25)) >>> 0
    high >>>= 7
  }
  out.bytes[out.end++] = low
}

/** Writes a text and, in front of it, its length. */
export const writeString = (out: ByteBuffer, text: string): void => {
  const { length } = text
  if (length < 128) {
    out.reserve(1 + 3 * length)
    const size = writeText(out.bytes, out.end + 1, text)
    if (size < 128) {
      out.bytes[out.end] = size
      out.end += 1 + size
      return
    }
  }
  const size = Buffer.byteLength(text)
  out.reserve(5 + size)
  const at = putVarint(out.bytes, out.end, size)
  out.end = at + out.bytes.write(text, at, "utf8")
}

export const writeStringField = (out: ByteBuffer, tag: number, text: string): void => {
  out.byte(tag)
  writeString(out, text)
}

/** What is 0 need not be said. */
export const writeCountField = (out: ByteBuffer, tag: number, count: number): void => {
  if (count === 0) return
  out.byte(tag)
  writeVarint(out, count)
}

const digit = (code: number): number => (code & 15) + 9 * (code >> 6)

/** Bytes that are given as hexadecimal digits, at most 254. */
export const writeHexField = (out: ByteBuffer, tag: number, hex: string): void => {
  const size = hex.length >> 1
  out.reserve(2 + size)
  const { bytes } = out
  let at = out.end
  bytes[at++] = tag
  bytes[at++] = size
  for (let i = 0; i < 2 * size; i += 2) bytes[at++] = (digit(hex.charCodeAt(i)) << 4) | digit(hex.charCodeAt(i + 1))
  out.end = at
}

export const writeFixed64Field = (out: ByteBuffer, tag: number, value: bigint): void => {
  out.reserve(9)
  out.bytes[out.end] = tag
  out.view.setBigUint64(out.end + 1, value, true)
  out.end += 9
}

export const writeFixed32Field = (out: ByteBuffer, tag: number, value: number): void => {
  writeVarint(out, tag)
  out.reserve(4)
  out.view.setUint32(out.end, value, true)
  out.end += 4
}

export const writeDoubleField = (out: ByteBuffer, tag: number, value: number): void => {
  out.reserve(9)
  out.bytes[out.end] = tag
  out.view.setFloat64(out.end + 1, value, true)
  out.end += 9
}

/** Leaves `room` bytes for the length of what comes next, of which it gives the place, for `close`. */
export const leaveRoom = (out: ByteBuffer, room: number): number => {
  out.reserve(room)
  out.end += room
  return out.end
}

/** Begins a message whose length is not known yet. */
export const open = (out: ByteBuffer, tag: number, room: number): number => {
  out.byte(tag)
  return leaveRoom(out, room)
}

/** Ends a message. Where its length takes more or less room than was left, all of it moves, which it tells. */
export const close = (out: ByteBuffer, start: number, room: number): boolean => {
  const length = out.end - start
  const size = sizeOfVarint(length)
  if (size !== room) {
    out.reserve(size)
    out.bytes.copyWithin(start - room + size, start, out.end)
  }
  out.end = putVarint(out.bytes, start - room, length) + length
  return size !== room
}
