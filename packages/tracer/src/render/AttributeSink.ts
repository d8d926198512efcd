/**
 * Where a vocabulary writes when a span is rendered: each key once, values bounded, and no more keys than a back end keeps.
 *
 * @since 0.1.0
 */
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
 * The attributes of one span. Vocabularies write what a back end cannot do without first, so what finds no room is dropped and counted.
 *
 * @since 0.1.0
 * @category models
 */
export class AttributeSink implements AttributeWriter {
  private readonly values = new Map<string, Value>()
  dropped = 0

  constructor(private readonly valueLength: number) {}

  get entries(): ReadonlyArray<readonly [key: string, value: Value]> {
    return [...this.values]
  }

  has(key: string): boolean {
    return this.values.has(key)
  }

  write(key: string, value: Value): void {
    if (this.values.size >= maxAttributes && !this.values.has(key)) this.dropped++
    else this.values.set(key, value)
  }

  readonly string = (key: string, value: string | undefined): void => {
    if (value !== undefined) this.write(key, value.length > this.valueLength ? value.slice(0, this.valueLength) : value)
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
    const text = stringify(value)
    if (text === undefined) return
    // Half of a JSON text is no JSON.
    if (text.length > this.valueLength) this.dropped++
    else this.write(key, text)
  }
}

const stringify = (value: unknown): string | undefined => {
  if (value === undefined) return undefined
  try {
    return typeof value === "string"
      ? value
      : JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item))
  } catch {
    // A cycle, or a getter of the caller's that throws.
    return undefined
  }
}
