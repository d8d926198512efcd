/**
 * One histogram with a ceiling on its series: what would be one more than may be is recorded all the same, in one that all of those share.
 */
import * as MetricLabel from "effect/MetricLabel"
import type { CallHistogram } from "./callHistograms.js"
import * as SecretText from "./secretText.js"
import { wellFormed } from "./wellFormed.js"

export type Label = readonly [key: string, value: string]

/** Records a value under its labels, unless it is no number or below zero; the series stay as long as the process. */
export type Series = (labels: ReadonlyArray<Label>, value: unknown) => void

/** No name is longer, and what is no name is no label. */
const maxLength = 256

/** The value of a label: text and numbers that say something, of a length that a name has. */
export const valueOf = (value: unknown): string | undefined => {
  if (typeof value === "number") return String(value)
  if (typeof value !== "string" || value === "") return undefined
  return value.length > maxLength ? "_OTHER" : value
}

/**
 * `max` counts the shared series, which has the one attribute that OpenTelemetry has for it. The exporters of `@effect/opentelemetry` read the unit
 * from a label of this name.
 */
export const make = ({ metric, unit }: CallHistogram, max: number): Series => {
  const known = new Map<string, ReadonlyArray<MetricLabel.MetricLabel>>()
  const ofUnit = MetricLabel.make("unit", unit)
  const overflow = [MetricLabel.make("otel.metric.overflow", "true"), ofUnit]
  return (labels, value) => {
    // A payload may say anything.
    if (typeof value !== "number" || !Number.isFinite(value) || value < 0) return
    const key = JSON.stringify(labels)
    let series = known.get(key)
    if (series === undefined) {
      if (known.size + 1 >= max) series = overflow
      else {
        // Whoever takes a key for the name of a model must not find it in a metric.
        series = labels.map(([key, value]) => MetricLabel.make(key, SecretText.withoutSecrets(wellFormed(value), true)))
        series = [...series, ofUnit]
        known.set(key, series)
      }
    }
    metric.unsafeUpdate(value, series)
  }
}
