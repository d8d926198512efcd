/**
 * Where a vocabulary writes when a span is rendered: each key once, values bounded, and no more keys than a back end keeps.
 *
 * @since 0.1.0
 */
import * as Json from "@tenant-tracer/model/Json"
import type { AttributeWriter } from "@tenant-tracer/model/Vocabulary"
import * as AttributeBudget from "./AttributeBudget.js"
import * as ShorterJson from "./internal/shorterJson.js"
import { Double, type Value } from "./RenderedSpan.js"

/**
 * What back ends keep of a span by the defaults of the OpenTelemetry SDKs.
 *
 * @since 0.1.0
 * @category constants
 */
export const maxAttributes = 128

/**
 * How much of a span a back end keeps: characters of a value, attributes (default 128), and which of these go first where there are more. Without a
 * vocabulary the newest go.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  readonly valueLength: number
  readonly maxAttributes?: number | undefined
  readonly vocabulary?: AttributeBudget.Spelling | undefined
}

const plain: AttributeBudget.Spelling = { keys: {}, content: [] }

/**
 * The attributes of one span. What is too much makes way as `AttributeBudget` has it, and is counted. A text that is too long is cut; one that is JSON
 * is told more shortly, so that it is JSON still, and where it cannot be, it goes and is counted.
 *
 * @since 0.1.0
 * @category models
 */
export class AttributeSink implements AttributeWriter {
  private readonly values = new Map<string, Value>()
  private readonly most: number
  private lost = 0
  private isFitted = true

  constructor(private readonly limits: Limits) {
    this.most = limits.maxAttributes ?? maxAttributes
  }

  get entries(): ReadonlyArray<readonly [key: string, value: Value]> {
    this.fit()
    return [...this.values]
  }

  get dropped(): number {
    this.fit()
    return this.lost
  }

  has(key: string): boolean {
    return this.values.has(key)
  }

  write(key: string, value: Value): void {
    const bounded = fits(value) ? this.bounded(value) : undefined
    if (bounded === undefined) this.lost++
    else {
      this.values.set(key, bounded)
      this.isFitted = false
      // What a span writes has no bound of its own.
      if (this.values.size > this.most * 8) this.fit()
    }
  }

  string(key: string, value: string | undefined): void {
    if (value !== undefined) this.write(key, value)
  }

  int(key: string, value: number | undefined): void {
    if (value !== undefined && Number.isFinite(value)) this.write(key, Math.trunc(value))
  }

  double(key: string, value: number | undefined): void {
    if (value !== undefined && Number.isFinite(value)) this.write(key, new Double(value))
  }

  boolean(key: string, value: boolean | undefined): void {
    if (value !== undefined) this.write(key, value)
  }

  strings(key: string, value: ReadonlyArray<string> | undefined): void {
    if (value !== undefined && value.length > 0) this.write(key, value)
  }

  json(key: string, value: unknown): void {
    if (value === undefined) return
    const text = Json.stringify(value)
    const short =
      text === undefined || text.length <= this.limits.valueLength
        ? text
        : ShorterJson.within(JSON.parse(text), this.limits.valueLength)
    if (short === undefined) this.lost++
    else this.write(key, short)
  }

  private fit(): void {
    if (this.isFitted) return
    this.isFitted = true
    this.lost += AttributeBudget.fit(this.values, this.most, this.limits.vocabulary ?? plain)
  }

  private bounded(value: Value): Value | undefined {
    if (typeof value === "string") return this.short(value)
    // A list has items of one type.
    if (!Array.isArray(value) || typeof value[0] !== "string") return value
    const items = value.flatMap((item) => this.short(item) ?? [])
    return items.length === value.length ? items : undefined
  }

  private short(text: string): string | undefined {
    return text.length <= this.limits.valueLength ? text : ShorterJson.fit(text, this.limits.valueLength)
  }
}

/** A whole number goes as a 64-bit integer: one that is larger would make its whole batch unreadable. */
const fits = (value: Value): boolean =>
  Array.isArray(value) ? value.every(isInRange) : isInRange(value instanceof Double ? value.value : value)

const isInRange = (value: unknown): boolean => !Number.isInteger(value) || Math.abs(Number(value)) < 2 ** 63
