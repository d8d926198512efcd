/**
 * Numbers in JSON.
 */
import { type ByteBuffer, writeText } from "./byteBuffer.js"

const zero = 48
const point = 46

/** Writes digits alone. */
export const writeAscii = (out: ByteBuffer, digits: string): void => {
  out.reserve(3 * digits.length)
  out.end += writeText(out.bytes, out.end, digits)
}

/** Writes the digits of a number from 0 to 2^31 - 1, for which there must be room. */
const writeDigits = (out: ByteBuffer, value: number): void => {
  let size = 1
  for (let left = value; left > 9; left = (left / 10) | 0) size++
  out.end += size
  let left = value
  for (let i = 1; i <= size; i++) {
    const rest = (left / 10) | 0
    out.bytes[out.end - i] = zero + left - 10 * rest
    left = rest
  }
}

/** Writes a whole number, all of its digits: `String` gives the first seventeen. */
export const writeInteger = (out: ByteBuffer, value: number): void => {
  if (value >= 0 && value < 2 ** 31) {
    out.reserve(10)
    writeDigits(out, value)
  } else writeAscii(out, String(BigInt(value)))
}

const decimals = 9
const unit = 10 ** decimals

/**
 * Writes a finite number so that whoever reads it has the same one. Most have few decimals, which is told by dividing: the result is what those
 * digits are read as. `String`, which must find the shortest among all digits, takes three times as long.
 */
export const writeDouble = (out: ByteBuffer, value: number): void => {
  const units = Math.round(value * unit)
  // Below 2^53 a whole number is exact.
  if (units > 0 && units < 10 ** 15 && units / unit === value) writeUnits(out, units)
  else writeAscii(out, Object.is(value, -0) ? "-0.0" : String(value))
}

const writeUnits = (out: ByteBuffer, units: number): void => {
  out.reserve(32)
  const whole = (units / unit) | 0
  writeDigits(out, whole)
  const { bytes, end } = out
  bytes[end] = point
  let left = (units - whole * unit) | 0
  let last = 1
  for (let i = decimals; i > 0; i--) {
    const rest = (left / 10) | 0
    const digit = left - 10 * rest
    if (digit !== 0 && last === 1) last = i
    bytes[end + i] = zero + digit
    left = rest
  }
  out.end = end + 1 + last
}
