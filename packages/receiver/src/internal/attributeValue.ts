/** From typed OTLP values to plain ones. */
import type { AnyValue, AttributeValue, KeyValue } from "./otlpModel.js"

/** The value that a test would write by hand. */
export const plain = (value: AnyValue): AttributeValue => {
  switch (value.type) {
    case "empty":
      return null
    case "int": {
      const number = Number(value.value)
      return Number.isSafeInteger(number) ? number : value.value
    }
    case "array":
      return value.value.map(plain)
    case "kvlist":
      return plainRecord(value.value)
    default:
      return value.value
  }
}

/** Attributes by name; the last of two equal keys stands. `Object.fromEntries` makes even `__proto__` an own key. */
export const plainRecord = (pairs: ReadonlyArray<KeyValue>): Readonly<Record<string, AttributeValue>> =>
  Object.fromEntries(pairs.map(({ key, value }) => [key, plain(value)]))
