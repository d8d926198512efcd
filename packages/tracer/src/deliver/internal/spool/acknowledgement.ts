/**
 * What is settled of a segment, written to a file beside it: offsets of records, signed together with the segment's name, so that neither a forged
 * file nor one of another segment makes us forget anything.
 */
import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as frame from "./frame.js"
import type { Keys } from "./keys.js"

const Header = Schema.parseJson(
  Schema.Struct({
    key: Schema.String,
    settled: Schema.Array(Schema.NonNegativeInt),
    signature: Schema.Uint8ArrayFromBase64Url
  })
)

/** The key that signed it, offsets of records, and the signature. */
export type Header = typeof Header.Type

/** `None` for what is no header of ours. */
export const decodeHeader = Schema.decodeUnknownOption(Header)

/** So many fit into a header, however large the offsets are. */
const perFrame = 100

const purpose = "acknowledgements"

const sign = (key: KeyObject, segment: string, settled: ReadonlyArray<number>): Buffer =>
  createHmac("sha256", key)
    .update(JSON.stringify([segment, settled]))
    .digest()

/** The frames that say that the records at these offsets are settled. */
export const write = (keys: Keys, segment: string, offsets: ReadonlyArray<number>): Buffer => {
  const frames: Array<Buffer> = []
  for (let from = 0; from < offsets.length; from += perFrame) {
    const settled = offsets.slice(from, from + perFrame)
    const signature = sign(keys.toWrite(purpose), segment, settled).toString("base64url")
    const header = Buffer.from(JSON.stringify({ key: keys.current, settled, signature }))
    const into = Buffer.alloc(frame.headLength + header.length)
    frame.begin(into, "acknowledgement", header)
    frame.finish(into)
    frames.push(into)
  }
  return Buffer.concat(frames)
}

/** The offsets of a header; `None` if it is not one that we have written for this segment, or its key is not known. */
export const verify = (keys: Keys, segment: string, header: Header): Option.Option<ReadonlyArray<number>> =>
  Option.fromNullable(keys.toRead(header.key, purpose)).pipe(
    Option.map((key) => sign(key, segment, header.settled)),
    Option.filter(
      (expected) => expected.length === header.signature.length && timingSafeEqual(expected, header.signature)
    ),
    Option.as(header.settled)
  )
