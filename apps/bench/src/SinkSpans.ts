/** Reads of an OTLP request what a sink wants to know, and steps over the rest: how many spans, and when each of them ended. */

/** Calls back for each field: its number, and where its content begins and ends. */
const eachField = (
  bytes: Buffer,
  start: number,
  end: number,
  visit: (field: number, from: number, to: number) => void
): void => {
  let at = start
  const varint = (): number => {
    let value = 0
    for (let factor = 1; at < end; factor *= 128) {
      const byte = bytes[at++] ?? 0
      value += (byte & 127) * factor
      if (byte < 128) break
    }
    return value
  }
  while (at < end) {
    const tag = varint()
    const kind = tag & 7
    let from = at
    if (kind === 0) varint()
    else if (kind === 1) at += 8
    else if (kind === 5) at += 4
    else if (kind === 2) {
      const length = varint()
      from = at
      at += length
    } else throw new Error(`no field of OTLP has wire type ${kind}`)
    visit(tag >>> 3, from, at)
  }
}

/** The spans of an `ExportTraceServiceRequest`: resource spans in it, scope spans in these, spans in those. */
const eachSpan = (bytes: Buffer, visit: (from: number, to: number) => void): void =>
  eachField(bytes, 0, bytes.length, (_, from, to) =>
    eachField(bytes, from, to, (field, from, to) => {
      if (field === 2) eachField(bytes, from, to, (field, from, to) => (field === 2 ? visit(from, to) : undefined))
    })
  )

/** How many spans there are. */
export const countProtobuf = (bytes: Buffer): number => {
  let count = 0
  eachSpan(bytes, () => {
    count++
  })
  return count
}

const endTime = 8

/** When they ended, in milliseconds since the epoch. */
export const endsOfProtobuf = (bytes: Buffer): ReadonlyArray<number> => {
  const ends: Array<number> = []
  eachSpan(bytes, (from, to) =>
    eachField(bytes, from, to, (field, at) => {
      if (field === endTime) ends.push(Number(bytes.readBigUInt64LE(at)) / 1e6)
    })
  )
  return ends
}

const spanId = Buffer.from('"spanId":"')

/** How many spans there are; they must have no links. */
export const countJson = (bytes: Buffer): number => {
  let count = 0
  for (let at = bytes.indexOf(spanId); at !== -1; at = bytes.indexOf(spanId, at + spanId.length)) count++
  return count
}

/** When they ended, in milliseconds since the epoch. */
export const endsOfJson = (bytes: Buffer): ReadonlyArray<number> =>
  Array.from(bytes.toString("latin1").matchAll(/"endTimeUnixNano":"(\d+)"/g), ([, nanos]) => Number(nanos) / 1e6)
