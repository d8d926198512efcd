/**
 * Where a vocabulary writes when a span is rendered: each key once, values bounded, and no more keys than a back end keeps.
 *
 * @since 0.1.0
 */
import * as Json from "@tenant-tracer/model/Json"
import type { AttributeWriter } from "@tenant-tracer/model/Vocabulary"
import { Double, type Value } from "./RenderedSpan.js"

/**
 * What back ends keep of a span by the defaults of the OpenTelemetry SDKs.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxAttributes = 128

/**
 * The attributes of one span. Where there is no room left, lists (messages, tools) make way: the longest gives up an
 * item, never its first or its newest. What is dropped is counted.
 *
 * @since 0.1.0
 * @category models
 */
export class AttributeSink implements AttributeWriter {
  private readonly values = new Map<string, Value>()
  /** The keys of lists that are spelled flat (`llm.input_messages.3.message.role`): by list and item, in the order of writing. */
  private readonly lists = new Map<string, Map<string, Array<string>>>()
  dropped = 0

  constructor(private readonly valueLength: number) {}

  get entries(): ReadonlyArray<readonly [key: string, value: Value]> {
    return [...this.values]
  }

  has(key: string): boolean {
    return this.values.has(key)
  }

  write(key: string, value: Value): void {
    const isNew = !this.values.has(key)
    if (!fits(value) || (isNew && !this.makeRoom())) this.dropped++
    else {
      this.values.set(key, this.bounded(value))
      if (isNew) this.list(key)
    }
  }

  readonly string = (key: string, value: string | undefined): void => {
    if (value !== undefined) this.write(key, value)
  }

  readonly int = (key: string, value: number | undefined): void => {
    if (value !== undefined && Number.isFinite(value)) this.write(key, Math.trunc(value))
  }

  readonly double = (key: string, value: number | undefined): void => {
    if (value !== undefined && Number.isFinite(value)) this.write(key, new Double(value))
  }

  readonly boolean = (key: string, value: boolean | undefined): void => {
    if (value !== undefined) this.write(key, value)
  }

  readonly strings = (key: string, value: ReadonlyArray<string> | undefined): void => {
    if (value !== undefined && value.length > 0) this.write(key, value)
  }

  readonly json = (key: string, value: unknown): void => {
    if (value === undefined) return
    const text = Json.stringify(value)
    // Half of a JSON text is no JSON.
    if (text === undefined || text.length > this.valueLength) this.dropped++
    else this.write(key, text)
  }

  private list(key: string): void {
    const [, list, item] = /^(.+?)\.(\d+)\./.exec(key) ?? []
    if (list === undefined || item === undefined) return
    const items = this.lists.get(list) ?? new Map<string, Array<string>>()
    this.lists.set(list, items)
    const keys = items.get(item)
    if (keys === undefined) items.set(item, [key])
    else keys.push(key)
  }

  private makeRoom(): boolean {
    if (this.values.size < maxAttributes) return true
    const longest = [...this.lists.values()].reduce(
      (a, b) => (b.size > a.size ? b : a),
      new Map<string, Array<string>>()
    )
    if (longest.size < 3) return false
    const items = longest.entries()
    items.next()
    const [item, keys] = items.next().value ?? ["", []]
    longest.delete(item)
    for (const key of keys) this.values.delete(key)
    this.dropped += keys.length
    return true
  }

  private bounded(value: Value): Value {
    if (typeof value === "string") return this.cut(value)
    // A list has items of one type.
    return Array.isArray(value) && typeof value[0] === "string" ? value.map((item) => this.cut(item)) : value
  }

  private cut(text: string): string {
    if (text.length <= this.valueLength) return text
    const kept = text.slice(0, this.valueLength)
    // Half of a surrogate pair is no text.
    return /[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept
  }
}

/** A whole number goes as a 64-bit integer: one that is larger would make its whole batch unreadable. */
const fits = (value: Value): boolean =>
  Array.isArray(value) ? value.every(isInRange) : isInRange(value instanceof Double ? value.value : value)

const isInRange = (value: unknown): boolean => !Number.isInteger(value) || Math.abs(Number(value)) < 2 ** 63
