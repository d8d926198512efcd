import { expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as frame from "../../../../src/deliver/internal/spool/frame.js"

const make = (header: Uint8Array, body: Uint8Array, kind: frame.Kind = "record"): Buffer => {
  const into = Buffer.alloc(frame.headLength + header.length + body.length)
  frame.begin(into, kind, header)
  into.set(body, frame.headLength + header.length)
  frame.finish(into)
  return into
}

const scan = (file: Buffer, cuts: ReadonlyArray<number> = []): ReadonlyArray<frame.Found> => {
  const scanner = frame.scanner()
  const ends = [...cuts.map((cut) => cut % (file.length + 1)), file.length].sort((a, b) => a - b)
  const found: Array<frame.Found> = []
  let from = 0
  // Nothing, now and then, is all that comes.
  for (const end of [0, ...ends]) {
    // A buffer that is used again, as a reader's is.
    const chunk = Buffer.from(file.subarray(from, end))
    found.push(...scanner.push(chunk))
    chunk.fill(0)
    from = end
  }
  return [...found, ...scanner.end()]
}

const tags = (found: ReadonlyArray<frame.Found>) =>
  found.map((one) => (one._tag === "Gap" ? `gap ${one.offset}+${one.length}` : `${one.offset} ${one.intact}`))

const anyFrame = FastCheck.record({
  header: FastCheck.uint8Array({ maxLength: 30 }),
  // Bytes that look like the beginning of a frame are no frame.
  body: FastCheck.array(
    FastCheck.oneof(FastCheck.constant(0xf5), FastCheck.constant(0x54), FastCheck.constant(0x53), FastCheck.nat(255)),
    { maxLength: 60 }
  )
})
const frames = FastCheck.array(anyFrame, { maxLength: 6 }).map((all) =>
  all.map(({ body, header }) => make(header, Uint8Array.from(body)))
)
const cuts = FastCheck.array(FastCheck.nat(), { maxLength: 8 })

it.prop("finds every frame of a file, however it comes in", [frames, cuts], ([all, at]) => {
  const found = scan(Buffer.concat(all), at)
  let offset = 0
  expect(found).toEqual(
    all.map((one) => {
      const headerLength = one.readUInt16BE(6)
      const header = one.subarray(frame.headLength, frame.headLength + headerLength)
      offset += one.length
      return { _tag: "Frame", offset: offset - one.length, length: one.length, kind: "record", header, intact: true }
    })
  )
})

it.prop(
  "finds the frames round anything that is between them, and says how much that was",
  [anyFrame, FastCheck.uint8Array({ minLength: 1, maxLength: 50 }), cuts],
  ([{ body, header }, garbage, at]) => {
    const one = make(header, Uint8Array.from(body))
    const end = one.length + garbage.length
    expect(tags(scan(Buffer.concat([one, garbage, one, garbage]), at))).toEqual([
      "0 true",
      `gap ${one.length}+${garbage.length}`,
      `${end} true`,
      `gap ${end + one.length}+${garbage.length}`
    ])
  }
)

it.prop(
  "loses no frame that is not damaged, and none that is damaged is intact",
  [
    frames,
    FastCheck.array(FastCheck.tuple(FastCheck.nat(), FastCheck.integer({ min: 1, max: 255 })), { maxLength: 4 }),
    cuts
  ],
  ([all, flips, at]) => {
    const file = Buffer.concat(all)
    const damaged = new Set<number>()
    for (const [where, mask] of file.length === 0 ? [] : flips) {
      const position = where % file.length
      // Twice the same would undo it.
      if (damaged.has(position)) continue
      damaged.add(position)
      file[position] = (file[position] ?? 0) ^ mask
    }
    const intact = scan(file, at).flatMap((one) => (one._tag === "Frame" && one.intact ? [one.offset] : []))
    let offset = 0
    const expected: Array<number> = []
    for (const one of all) {
      const end = offset + one.length
      if (!Array.from(damaged).some((position) => position >= offset && position < end)) expected.push(offset)
      offset = end
    }
    expect(intact).toEqual(expected)
  }
)

it.prop(
  "loses of a file that ends too early only the frame that it cuts",
  [frames, FastCheck.nat(), cuts],
  ([all, end, at]) => {
    const file = Buffer.concat(all)
    const short = file.subarray(0, end % (file.length + 1))
    const intact = scan(short, at).flatMap((one) =>
      one._tag === "Frame" && one.intact ? [one.offset + one.length] : []
    )
    let offset = 0
    const ends = all.map((one) => {
      offset += one.length
      return offset
    })
    expect(intact).toEqual(ends.filter((one) => one <= short.length))
  }
)

it("knows of a frame with a damaged body whose it was", () => {
  const [first, second] = [make(Buffer.from("whose"), Buffer.from("body")), make(Buffer.from("b"), Buffer.from("c"))]
  first[first.length - 1] = 0
  expect(scan(Buffer.concat([first, second]))).toMatchObject([
    { intact: false, header: Buffer.from("whose"), length: first.length },
    { intact: true }
  ])
  expect(scan(first.subarray(0, -2))).toMatchObject([{ intact: false, header: Buffer.from("whose") }])
})

it("believes no version, kind or length that it does not know", () => {
  const good = make(Buffer.from("h"), Buffer.from("b"), "acknowledgement")
  expect(scan(good)).toMatchObject([{ kind: "acknowledgement", intact: true }])
  const altered = (change: (bytes: Buffer) => void) => {
    const bytes = Buffer.from(good)
    change(bytes)
    // With a checksum that fits.
    if (frame.headLength + bytes.readUInt16BE(6) <= bytes.length) frame.finish(bytes)
    return tags(scan(bytes))
  }
  const gap = [`gap 0+${good.length}`]
  expect(altered((bytes) => bytes.writeUInt8(2, 4))).toEqual(gap)
  expect(altered((bytes) => bytes.writeUInt8(3, 5))).toEqual(gap)
  expect(altered((bytes) => bytes.writeUInt8(0, 5))).toEqual(gap)
  expect(altered((bytes) => bytes.writeUInt16BE(frame.maxHeader + 1, 6))).toEqual(gap)
  expect(altered((bytes) => bytes.writeUInt16BE(frame.maxHeader, 6))).toEqual(gap)
  expect(tags(scan(make(Buffer.alloc(frame.maxHeader), Buffer.alloc(1))))).toEqual(["0 true"])
  expect(tags(scan(make(Buffer.alloc(frame.maxHeader + 1), Buffer.alloc(1))))).toEqual([
    `gap 0+${frame.headLength + frame.maxHeader + 2}`
  ])
  const huge = Buffer.from(good)
  huge.writeUInt32BE(2 ** 32 - 1, 8)
  expect(tags(scan(huge))).toEqual(gap)
})

it("goes through a file that is all beginnings of frames in one go", () => {
  const file = Buffer.alloc(256 * 1024)
  for (let at = 0; at + frame.headLength <= file.length; at += 8)
    frame.begin(file.subarray(at, at + 64), "record", new Uint8Array(0))
  for (let at = 6; at + frame.headLength <= file.length; at += 8) file.writeUInt16BE(frame.maxHeader, at)
  expect(tags(scan(file))).toEqual([`gap 0+${file.length}`])
})
