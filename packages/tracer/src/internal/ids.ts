/**
 * Random trace and span ids, cut from texts of the system's random bytes: one system call for hundreds of them. A text is short, since each id that was
 * cut from it keeps all of it alive.
 */
import { randomFillSync } from "node:crypto"

const pool = Buffer.allocUnsafe(8192)
const textBytes = 512
let drawn = pool.length
let digits = ""
let used = 0

const draw = (): string => {
  if (drawn === pool.length) {
    randomFillSync(pool)
    drawn = 0
  }
  drawn += textBytes
  return pool.toString("hex", drawn - textBytes, drawn)
}

const take = (length: number, forbidden: string): string => {
  for (;;) {
    if (used + length > digits.length) {
      digits = draw()
      used = 0
    }
    const id = digits.slice(used, used + length)
    used += length
    if (id !== forbidden) return id
  }
}

const noSpan = "0".repeat(16)
const noTrace = "0".repeat(32)

/** 16 lower-case hex digits, never all zero, which the W3C forbids. */
export const spanId = (): string => take(16, noSpan)

/** 32 lower-case hex digits, never all zero. */
export const traceId = (): string => take(32, noTrace)
