import type { Destination } from "@tenant-tracer/model/Destination"

const bytes = (field: number, content: ReadonlyArray<number>): ReadonlyArray<number> => [
  (field << 3) | 2,
  ...varint(content.length),
  ...content
]

const varint = (value: number): ReadonlyArray<number> =>
  value < 128 ? [value] : [(value & 127) | 128, ...varint(value >>> 7)]

const text = (field: number, value: string) => bytes(field, [...new TextEncoder().encode(value)])

const hex = (value: string) => value.match(/../g)?.map((pair) => Number.parseInt(pair, 16)) ?? []

/** An OTLP export request with one span and the destination's resource, text attributes only, as protobuf. */
export const oneSpan = ({ resource }: Pick<Destination, "resource">): Uint8Array => {
  const attributes = Object.entries(resource).flatMap(([key, value]) =>
    bytes(1, [...text(1, key), ...bytes(2, text(1, String(value)))])
  )
  const span = [
    ...bytes(1, hex("0af7651916cd43dd8448eb211c80319c")),
    ...bytes(2, hex("b7ad6b7169203331")),
    ...text(5, "one")
  ]
  return Uint8Array.from(bytes(1, [...bytes(1, attributes), ...bytes(2, bytes(2, span))]))
}
