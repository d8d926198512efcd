/**
 * Canaries: random texts that belong to one tenant and must turn up nowhere else. The search looks at raw bytes and knows the disguises that a
 * text takes on its way: base64, percent-encoding, JSON escapes, hex.
 */

/** A text and whose it is. `isSecret`: not even its owner's own back end may receive it. */
export interface Canary {
  readonly owner: string
  readonly what: string
  readonly text: string
  readonly isSecret: boolean
}

/** One way to write a text. */
export interface Disguise {
  readonly form: string
  readonly bytes: Buffer
}

/** A canary that was found, and how it was written there. */
export interface Sighting {
  readonly canary: Canary
  readonly form: string
}

const percent = (byte: number): string => `%${byte.toString(16).padStart(2, "0").toUpperCase()}`
const escape = (unit: number): string => `\\u${unit.toString(16).padStart(4, "0")}`

/**
 * The part of a text's base64 that does not depend on what stands around it, when it begins `offset` bytes into a group of three. The characters
 * that share bits with their neighbours are cut.
 */
const base64 = (text: Buffer, offset: 0 | 1 | 2, encoding: "base64" | "base64url"): string => {
  const padded = Buffer.concat([Buffer.alloc(offset), text])
  const start = offset === 0 ? 0 : offset + 1
  const end = Math.floor((padded.length * 8) / 6)
  return padded.toString(encoding).slice(start, end)
}

/** Every way to write a text that the search knows, each once. */
export const disguisesOf = (text: string): ReadonlyArray<Disguise> => {
  const bytes = Buffer.from(text, "utf8")
  const units = Array.from({ length: text.length }, (_, index) => text.charCodeAt(index))
  const upper = Array.from(bytes, percent).join("")
  // From the bytes, where half a surrogate pair has become U+FFFD: `encodeURIComponent` throws on it.
  const component = encodeURIComponent(bytes.toString("utf8"))
  const forms: ReadonlyArray<readonly [form: string, written: string | Buffer]> = [
    ["as it is", bytes],
    ["UTF-16", Buffer.from(text, "utf16le")],
    ["JSON", JSON.stringify(text).slice(1, -1)],
    ["JSON, all escaped", units.map(escape).join("")],
    ["JSON, all escaped", units.map(escape).join("").toUpperCase().replaceAll("\\U", "\\u")],
    ["percent-encoded", component],
    ["percent-encoded", component.replace(/%../g, (code) => code.toLowerCase())],
    ["percent-encoded", component.replaceAll("%20", "+")],
    ["percent-encoded, all of it", upper],
    ["percent-encoded, all of it", upper.toLowerCase()],
    ["hex", bytes.toString("hex")],
    ["hex", bytes.toString("hex").toUpperCase()],
    // What is hex already, such as a trace id, travels as the bytes that it stands for.
    ...(/^(?:[0-9a-f]{2}){8,}$/i.test(text) ? [["bytes of hex", Buffer.from(text, "hex")] as const] : []),
    ...([0, 1, 2] as const).flatMap((offset) => [
      [`base64 at offset ${offset}`, base64(bytes, offset, "base64")] as const,
      [`base64url at offset ${offset}`, base64(bytes, offset, "base64url")] as const
    ])
  ]
  const known = new Set<string>()
  return forms.flatMap(([form, written]) => {
    const needle = typeof written === "string" ? Buffer.from(written, "utf8") : written
    const key = needle.toString("latin1")
    if (needle.length === 0 || known.has(key)) return []
    known.add(key)
    return [{ form, bytes: needle }]
  })
}

/** Which of the canaries are somewhere in these bytes. Each is reported once, in the first form that was found. */
export const find = (canaries: Iterable<Canary>, haystacks: ReadonlyArray<Uint8Array>): ReadonlyArray<Sighting> => {
  const buffers = haystacks.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  return Array.from(canaries).flatMap((canary) => {
    const seen = disguisesOf(canary.text).find(({ bytes }) => buffers.some((buffer) => buffer.includes(bytes)))
    return seen === undefined ? [] : [{ canary, form: seen.form }]
  })
}

/** The canaries that must not be at `owner`'s: everybody else's, and its own secrets. */
export const foreignTo = (owner: string, canaries: Iterable<Canary>): ReadonlyArray<Canary> =>
  Array.from(canaries).filter((canary) => canary.owner !== owner || canary.isSecret)
