/**
 * Turns secrets into names that can be compared and never read back: an HMAC under a key that lives as long as the process.
 */
import { createHmac, randomBytes } from "node:crypto"

const processKey = randomBytes(32)

/**
 * A fingerprint of a list of texts. Each is preceded by its length, so that no two lists are confused; `undefined` differs from an empty text.
 */
export const make = (parts: Iterable<string | undefined>): string => {
  const hmac = createHmac("sha256", processKey)
  for (const part of parts) {
    hmac.update(part === undefined ? "-" : `${Buffer.byteLength(part)}:`)
    if (part !== undefined) hmac.update(part)
  }
  return hmac.digest("base64url")
}
