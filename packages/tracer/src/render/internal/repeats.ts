/**
 * What the spans of one batch have in common. Spans of one kind say the same in most of their attributes, in one order, so what an earlier span has
 * written is copied, as many attributes at a time as are the same.
 */
import { Double, type RenderedSpan, type Value } from "../RenderedSpan.js"
import type { ByteBuffer } from "./byteBuffer.js"

type Attributes = RenderedSpan["attributes"]

/** More attributes than a span has. */
const maxAttributes = 128

/** The last span with so many attributes. */
interface Model {
  /** None while they are written: an attempt may come to nothing. */
  attributes: Attributes
  /** Where in the buffer each begins, and where the last ends. */
  readonly offsets: Int32Array
}

const none: Attributes = []

const isSame = (one: Value, other: Value): boolean =>
  one === other || (one instanceof Double && other instanceof Double && Object.is(one.value, other.value))

/** Of one batch in one buffer. */
export class Repeats {
  private readonly models = new Map<number, Model>()
  private model: Model | undefined
  private attributes = none

  /** Writes the attributes of a span, those that are new with `write`, and gives how many of them `write` would not. */
  write(
    out: ByteBuffer,
    attributes: Attributes,
    write: (out: ByteBuffer, key: string, value: Value) => boolean
  ): number {
    const model = this.modelFor(attributes.length)
    const { attributes: known, offsets } = model
    model.attributes = none
    let dropped = 0
    let from = -1
    let to = -1
    let i = 0
    for (const attribute of attributes) {
      const before = known[i]
      const start = offsets[i] ?? 0
      if (before !== undefined && before[0] === attribute[0] && isSame(before[1], attribute[1])) {
        if (from === -1) from = start
        to = offsets[i + 1] ?? 0
        offsets[i] = out.end + start - from
      } else {
        if (from !== -1) {
          out.repeat(from, to)
          from = -1
        }
        offsets[i] = out.end
        if (!write(out, attribute[0], attribute[1])) dropped++
      }
      i++
    }
    if (from !== -1) out.repeat(from, to)
    offsets[i] = out.end
    this.model = model
    this.attributes = dropped === 0 ? attributes : none
    return dropped
  }

  /** What was written last stays where it is, and can be repeated. */
  keep(): void {
    if (this.model !== undefined) this.model.attributes = this.attributes
  }

  private modelFor(length: number): Model {
    const known = this.models.get(length)
    if (known !== undefined) return known
    const model: Model = { attributes: none, offsets: new Int32Array(length + 1) }
    if (length <= maxAttributes) this.models.set(length, model)
    return model
  }
}
