/**
 * A record of spans as a frame: its header says whose they are, its body is their bytes, each after its length, in AES-256-GCM under the tenant's own
 * key. The header is authenticated with it.
 */
import { createCipheriv, createDecipheriv, randomFillSync } from "node:crypto"
import * as Brand from "effect/Brand"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DestinationId from "../../DestinationId.js"
import * as frame from "./frame.js"
import type { Keys } from "./keys.js"

const Header = Schema.parseJson(
  Schema.Struct({
    key: Schema.String,
    // Two parts, escaped. JSON keeps the lone surrogates that a tenant's id may hold apart, UTF-8 alone would not.
    id: Schema.String.pipe(
      Schema.pattern(/^[^/]*\/[^/]*$/),
      Schema.fromBrand(Brand.nominal<DestinationId.DestinationId>())
    ),
    time: Schema.NonNegativeInt,
    count: Schema.NonNegativeInt
  })
)

/** Which key it was encrypted with, whose it is, when it was appended (milliseconds since the epoch), and how many spans it has. */
export type Header = typeof Header.Type

/** `None` for what is no header of ours. */
export const decodeHeader = Schema.decodeUnknownOption(Header)

/** A record before it is encrypted, and how long its frame will be. */
export interface Plain {
  readonly header: Header
  readonly text: Buffer
  readonly spans: ReadonlyArray<Uint8Array>
  readonly length: number
}

const nonceLength = 12
const tagLength = 16

/** `None` where the record is too large for a frame. */
export const plain = (header: Header, spans: ReadonlyArray<Uint8Array>): Option.Option<Plain> => {
  const text = Buffer.from(JSON.stringify(header))
  let body = nonceLength + tagLength
  for (const span of spans) body += 4 + span.length
  return text.length > frame.maxHeader || body > frame.maxBody
    ? Option.none()
    : Option.some({ header, text, spans, length: frame.headLength + text.length + body })
}

const purposeOf = (id: DestinationId.DestinationId): string =>
  DestinationId.isOperator(id) ? "operator" : `tenant ${DestinationId.tenant(id)}`

/** What the body is bound to: all that does not depend on it. */
const boundTo = (bytes: Buffer, header: Uint8Array): Buffer => Buffer.concat([bytes.subarray(0, 8), header])

/** Writes the record's frame into exactly its length. */
export const seal = (keys: Keys, { header, spans, text }: Plain, into: Buffer): void => {
  const body = into.subarray(frame.headLength + text.length)
  const content = Buffer.allocUnsafe(body.length - nonceLength - tagLength)
  let at = 0
  for (const span of spans) {
    at = content.writeUInt32BE(span.length, at)
    content.set(span, at)
    at += span.length
  }
  frame.begin(into, "record", text)
  const nonce = randomFillSync(body.subarray(0, nonceLength))
  const cipher = createCipheriv("aes-256-gcm", keys.toWrite(purposeOf(header.id)), nonce)
  cipher.setAAD(boundTo(into, text))
  cipher.update(content).copy(body, nonceLength)
  cipher.final()
  cipher.getAuthTag().copy(body, body.length - tagLength)
  frame.finish(into)
}

const unpack = (content: Buffer, count: number): Option.Option<ReadonlyArray<Uint8Array>> => {
  const spans: Array<Uint8Array> = []
  let at = 0
  while (at + 4 <= content.length) {
    const end = at + 4 + content.readUInt32BE(at)
    if (end > content.length) break
    spans.push(content.subarray(at + 4, end))
    at = end
  }
  return at === content.length && spans.length === count ? Option.some(spans) : Option.none()
}

/** The spans of a whole frame; `None` if it is not one that we have written for this destination, or its key is not known. */
export const open = (
  keys: Keys,
  id: DestinationId.DestinationId,
  bytes: Buffer
): Option.Option<ReadonlyArray<Uint8Array>> =>
  Option.gen(function* () {
    const head = frame.readHead(bytes, 0)
    if (head === undefined || head === "short") return yield* Option.none()
    const header = yield* decodeHeader(head.header.toString())
    const body = bytes.subarray(frame.headLength + head.header.length)
    if (header.id !== id || body.length !== head.bodyLength || body.length < nonceLength + tagLength)
      return yield* Option.none()
    const key = yield* Option.fromNullable(keys.toRead(header.key, purposeOf(id)))
    const decipher = createDecipheriv("aes-256-gcm", key, body.subarray(0, nonceLength), { authTagLength: tagLength })
    decipher.setAAD(boundTo(bytes, head.header))
    decipher.setAuthTag(body.subarray(body.length - tagLength))
    const content = decipher.update(body.subarray(nonceLength, body.length - tagLength))
    yield* Option.liftThrowable(() => decipher.final())()
    return yield* unpack(content, header.count)
  })
