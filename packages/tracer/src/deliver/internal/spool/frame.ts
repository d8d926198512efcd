/**
 * How what is in a spool's file is told apart: frames of a head, a header (JSON, in the clear) and a body (opaque), and a scanner that finds them
 * again whatever has happened to the file. A frame is
 *
 * ```text
 * 0   4  magic: F5 54 54 53, of which the first byte is in no UTF-8 text
 * 4   1  version: 1
 * 5   1  kind
 * 6   2  length of the header
 * 8   4  length of the body
 * 12  4  CRC-32 of the body
 * 16  4  CRC-32 of the 16 bytes before and the header
 * 20     header, body
 * ```
 *
 * All numbers are big-endian. The lengths have a checksum of their own, so that damage to a body costs no search and no other frame.
 */
import { crc32 } from "node:zlib"

/** A record of spans, or settled records of the segment beside. */
export type Kind = "record" | "acknowledgement"

export const headLength = 20
export const maxHeader = 2048
export const maxBody = 64 * 1024 * 1024

const magic = Buffer.from([0xf5, 0x54, 0x54, 0x53])
const version = 1
const headCrc = (head: Uint8Array, header: Uint8Array): number => crc32(header, crc32(head))

const kinds: ReadonlyArray<Kind | undefined> = [undefined, "record", "acknowledgement"]

/** Writes all of a frame that does not depend on its body: 8 bytes of its head, and its header, of at most `maxHeader` bytes. */
export const begin = (into: Buffer, kind: Kind, header: Uint8Array): void => {
  magic.copy(into)
  into.writeUInt8(version, 4)
  into.writeUInt8(kinds.indexOf(kind), 5)
  into.writeUInt16BE(header.length, 6)
  into.set(header, headLength)
}

/** Writes the rest of the head of a frame that was begun and has its body. */
export const finish = (frame: Buffer): void => {
  const bodyAt = headLength + frame.readUInt16BE(6)
  const body = frame.subarray(bodyAt)
  frame.writeUInt32BE(body.length, 8)
  frame.writeUInt32BE(crc32(body), 12)
  frame.writeUInt32BE(headCrc(frame.subarray(0, 16), frame.subarray(headLength, bodyAt)), 16)
}

/** What a head says of its frame. */
export interface Head {
  readonly kind: Kind
  readonly header: Buffer
  readonly bodyLength: number
  readonly bodyCrc: number
}

/**
 * Reads a head and its header at `at`: `undefined` if none is there, `short` if there could be one but the bytes end before.
 */
export const readHead = (bytes: Buffer, at: number): Head | "short" | undefined => {
  const here = bytes.length - at
  if (bytes.compare(magic, 0, Math.min(here, 4), at, at + Math.min(here, 4)) !== 0) return undefined
  if (here < headLength) return "short"
  const kind = kinds[bytes.readUInt8(at + 5)]
  const headerLength = bytes.readUInt16BE(at + 6)
  const bodyLength = bytes.readUInt32BE(at + 8)
  if (kind === undefined || bytes.readUInt8(at + 4) !== version) return undefined
  if (headerLength > maxHeader || bodyLength > maxBody) return undefined
  if (here < headLength + headerLength) return "short"
  const header = bytes.subarray(at + headLength, at + headLength + headerLength)
  if (headCrc(bytes.subarray(at, at + 16), header) !== bytes.readUInt32BE(at + 16)) return undefined
  return { kind, header, bodyLength, bodyCrc: bytes.readUInt32BE(at + 12) }
}

/** A frame that was found, `intact` if its body is all there and as it was written; or a stretch where there is none. */
export type Found =
  | {
      readonly _tag: "Frame"
      readonly offset: number
      readonly length: number
      readonly kind: Kind
      readonly header: Buffer
      readonly intact: boolean
    }
  | { readonly _tag: "Gap"; readonly offset: number; readonly length: number }

/** Takes a file piece by piece, and keeps no more than one header of it. */
export interface Scanner {
  readonly push: (chunk: Buffer) => ReadonlyArray<Found>
  readonly end: () => ReadonlyArray<Found>
}

/** A scanner at the start of a file. */
export const scanner = (): Scanner => {
  let rest = Buffer.alloc(0)
  /** Where in the file the rest begins. */
  let position = 0
  let gapFrom: number | undefined
  let body: { readonly head: Head; readonly offset: number; left: number; crc: number } | undefined

  const scan = (bytes: Buffer, last: boolean): ReadonlyArray<Found> => {
    const found: Array<Found> = []
    let at = 0

    const closeGap = (to: number) => {
      if (gapFrom === undefined) return
      found.push({ _tag: "Gap", offset: gapFrom, length: to - gapFrom })
      gapFrom = undefined
    }

    const readBody = (part: NonNullable<typeof body>) => {
      const piece = bytes.subarray(at, at + part.left)
      part.crc = crc32(piece, part.crc)
      part.left -= piece.length
      at += piece.length
      if (part.left > 0 && !last) return
      const { bodyCrc, bodyLength, header, kind } = part.head
      const length = headLength + header.length + bodyLength
      const intact = part.left === 0 && part.crc === bodyCrc
      found.push({ _tag: "Frame", offset: part.offset, length, kind, header, intact })
      body = undefined
    }

    while (body !== undefined || at < bytes.length) {
      if (body !== undefined) {
        readBody(body)
        if (body !== undefined) break
        continue
      }
      const head = readHead(bytes, at)
      if (head === "short" && !last) break
      if (head === "short" || head === undefined) {
        gapFrom ??= position + at
        const next = bytes.indexOf(magic, at + 1)
        // The last bytes may be the beginning of a magic.
        at = next !== -1 ? next : last ? bytes.length : Math.max(at + 1, bytes.length - magic.length + 1)
        continue
      }
      closeGap(position + at)
      // The chunk belongs to whoever reads the file.
      body = {
        head: { ...head, header: Buffer.from(head.header) },
        offset: position + at,
        left: head.bodyLength,
        crc: 0
      }
      at += headLength + head.header.length
    }
    position += at
    rest = Buffer.from(bytes.subarray(at))
    if (last) closeGap(position)
    return found
  }

  return {
    // The checksum of no bytes is 0, also after others.
    push: (chunk) => (chunk.length === 0 ? [] : scan(rest.length === 0 ? chunk : Buffer.concat([rest, chunk]), false)),
    end: () => scan(rest, true)
  }
}
