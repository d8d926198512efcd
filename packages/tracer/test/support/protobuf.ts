/** Reads what is encoded without knowing of what kind it is: enough to look up single fields of what the stock encoders write. */

/** The fields of a message, in their order: what is measured by length as its bytes, else the number. */
const fieldsOf = (bytes: Uint8Array): ReadonlyArray<readonly [field: number, value: Uint8Array | bigint]> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const fields: Array<readonly [number, Uint8Array | bigint]> = []
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++)
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }
  while (at < bytes.length) {
    const tag = Number(varint())
    const wire = tag & 7
    if (wire === 0) fields.push([tag >> 3, varint()])
    else {
      const length = wire === 2 ? Number(varint()) : wire === 1 ? 8 : 4
      fields.push([tag >> 3, bytes.subarray(at, at + length)])
      at += length
    }
  }
  return fields
}

/** All values at a path of field numbers. */
export const valuesAt = (bytes: Uint8Array, ...path: ReadonlyArray<number>): ReadonlyArray<Uint8Array | bigint> =>
  path.reduce<ReadonlyArray<Uint8Array | bigint>>(
    (found, field) =>
      found.flatMap((value) =>
        value instanceof Uint8Array
          ? fieldsOf(value).flatMap(([number, inner]) => (number === field ? [inner] : []))
          : []
      ),
    [bytes]
  )

/** All messages at a path. */
export const messagesAt = (bytes: Uint8Array, ...path: ReadonlyArray<number>): ReadonlyArray<Uint8Array> =>
  valuesAt(bytes, ...path).filter((value) => value instanceof Uint8Array)

/** All texts at a path. */
export const textsAt = (bytes: Uint8Array, ...path: ReadonlyArray<number>): ReadonlyArray<string> =>
  messagesAt(bytes, ...path).map((value) => new TextDecoder().decode(value))
