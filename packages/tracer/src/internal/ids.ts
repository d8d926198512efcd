/**
 * Random trace and span ids, drawn from a pool of the system's random bytes: one system call for hundreds of ids.
 */
import { randomFillSync } from "node:crypto"

const pool = Buffer.allocUnsafe(8192)
let used = pool.length

const take = (bytes: number): string => {
  for (;;) {
    if (used + bytes > pool.length) {
      randomFillSync(pool)
      used = 0
    }
    const id = pool.toString("hex", used, used + bytes)
    used += bytes
    // All zeros is the one id that the W3C forbids.
    if (!/^0+$/.test(id)) return id
  }
}

/** 16 lower-case hex digits, never all zero. */
export const spanId = (): string => take(8)

/** 32 lower-case hex digits, never all zero. */
export const traceId = (): string => take(16)
