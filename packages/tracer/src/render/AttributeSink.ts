/**
 * Where a vocabulary writes when a span is rendered: each key once, values bounded, and no more keys than a back end keeps.
 *
 * @since 0.1.0
 */
import type { LengthUnit } from "@tenant-tracer/model/Destination"
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
 * How much of a span a back end keeps: how long a value and a name may be (in characters unless said otherwise), entries of a list (default: all),
 * attributes (default 128), and which of these go first where there are more. Without a vocabulary the newest go.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  readonly valueLength: number
  readonly keyLength?: number | undefined
  readonly lengthUnit?: LengthUnit | undefined
  readonly listLength?: number | undefined
  readonly maxAttributes?: number | undefined
  readonly vocabulary?: AttributeBudget.Spelling | undefined
}

const plain: AttributeBudget.Spelling = { keys: {}, content: [] }

/** Among so many a name is found faster by looking at all of them than in a table that is made for that. */
const few = 32

/**
 * The attributes of one span. What is too much makes way as `AttributeBudget` has it, and is counted. A text that is too long is cut; one that is JSON
 * is told more shortly, so that it is JSON still, and where it cannot be, it goes and is counted. A name that is too long is cut, and where another
 * one is cut to the same, the newer stays; of a list that is too long the first entries stay.
 *
 * @since 0.1.0
 * @category models
 */
export class AttributeSink implements AttributeWriter {
  private values: Array<[key: string, value: Value]> = []
  /** Where each is, once there are many. */
  private places: Map<string, number> | undefined
  private readonly most: number
  private readonly keyLength: number
  private readonly unit: LengthUnit
  private readonly listLength: number
  private lost = 0
  private isFitted = true

  constructor(private readonly limits: Limits) {
    this.most = limits.maxAttributes ?? maxAttributes
    this.keyLength = limits.keyLength ?? Number.POSITIVE_INFINITY
    this.unit = limits.lengthUnit ?? "characters"
    this.listLength = limits.listLength ?? Number.POSITIVE_INFINITY
  }

  get entries(): ReadonlyArray<readonly [key: string, value: Value]> {
    this.fit()
    return this.values
  }

  get dropped(): number {
    this.fit()
    return this.lost
  }

  has(key: string): boolean {
    return this.placeOf(this.nameOf(key)) !== undefined
  }

  write(key: string, value: Value): void {
    const bounded = fits(value) ? this.bounded(value) : undefined
    if (bounded === undefined) this.lost++
    else {
      const name = this.nameOf(key)
      const known = this.placeOf(name)
      if (known === undefined) this.add(name, bounded)
      else {
        if (name !== key) this.lost++
        this.values[known] = [name, bounded]
      }
      this.isFitted = false
      // What a span writes has no bound of its own.
      if (this.values.length > this.most * 8) this.fit()
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
      text === undefined || this.isShort(text)
        ? text
        : this.shorter((length) => ShorterJson.within(JSON.parse(text), length))
    if (short === undefined) this.lost++
    else this.write(key, short)
  }

  private fit(): void {
    if (this.isFitted) return
    this.isFitted = true
    const spelling = this.limits.vocabulary ?? plain
    if (AttributeBudget.fits(this.values, this.most, spelling)) return
    const left = new Map(this.values)
    this.lost += AttributeBudget.fit(left, this.most, spelling)
    this.values = []
    this.places = undefined
    for (const [key, value] of left) this.add(key, value)
  }

  private add(name: string, value: Value): void {
    this.places?.set(name, this.values.length)
    this.values.push([name, value])
    if (this.values.length === few) this.places = new Map(this.values.map(([key], place) => [key, place]))
  }

  private placeOf(name: string): number | undefined {
    if (this.places !== undefined) return this.places.get(name)
    const place = this.values.findIndex(([key]) => key === name)
    return place === -1 ? undefined : place
  }

  private bounded(value: Value): Value | undefined {
    if (typeof value === "string") return this.short(value)
    if (!Array.isArray(value)) return value
    const list = value.length <= this.listLength ? value : value.slice(0, this.listLength)
    // A list has items of one type.
    if (typeof list[0] !== "string") return list
    const items = list.flatMap((item) => this.short(item) ?? [])
    return items.length === list.length ? items : undefined
  }

  private short(text: string): string | undefined {
    return this.isShort(text) ? text : this.shorter((length) => ShorterJson.fit(text, length))
  }

  private nameOf(key: string): string {
    return ShorterJson.isWithin(key, this.keyLength, this.unit)
      ? key
      : ShorterJson.inUnit(this.keyLength, this.unit, (length) => ShorterJson.cut(key, length))
  }

  private isShort(text: string): boolean {
    return ShorterJson.isWithin(text, this.limits.valueLength, this.unit)
  }

  private shorter(told: (length: number) => string | undefined): string | undefined {
    return ShorterJson.inUnit(this.limits.valueLength, this.unit, told)
  }
}

/** A whole number goes as a 64-bit integer, and one that is larger would make its whole batch unreadable. A `Double` may be as large as it is. */
const fits = (value: Value): boolean => (Array.isArray(value) ? value.every(isInRange) : isInRange(value))

const isInRange = (value: unknown): boolean => !Number.isInteger(value) || Math.abs(Number(value)) < 2 ** 63
