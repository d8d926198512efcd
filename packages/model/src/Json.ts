/**
 * JSON text of any value, whatever it is: nothing throws and the work is bounded. What JSON cannot say is left out.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"

const maximumDepth = 64
const maximumValues = 100_000
// Escaped, each takes six characters at most, and together they still fit into a string.
const maximumCharacters = 32 * 1024 * 1024

interface Walk {
  left: number
  characters: number
  readonly text: number
  readonly ancestors: Array<object>
}

const attempt = <A>(read: () => A): A | undefined => {
  try {
    return read()
  } catch {
    return undefined
  }
}

const ofObject = (value: object, walk: Walk): unknown => {
  if (walk.ancestors.length >= maximumDepth || walk.ancestors.includes(value) || ArrayBuffer.isView(value))
    return undefined
  walk.ancestors.push(value)
  const plain = attempt(() => {
    if ("toJSON" in value && typeof value.toJSON === "function") return ofValue(value.toJSON(), walk)
    if (Array.isArray(value)) {
      const items: Array<unknown> = []
      for (let index = 0; index < value.length && walk.left > 0; index++) {
        items.push(
          ofValue(
            attempt(() => value[index]),
            walk
          ) ?? null
        )
      }
      return items
    }
    const fields: Array<[string, unknown]> = []
    for (const key of Object.keys(value)) {
      if (walk.left <= 0 || key.length > walk.characters) break
      const field = ofValue(
        attempt(() => Reflect.get(value, key)),
        walk
      )
      if (field === undefined) continue
      walk.characters -= key.length
      fields.push([key, field])
    }
    return Object.fromEntries(fields)
  })
  walk.ancestors.pop()
  return plain
}

const ofText = (value: string, walk: Walk): string => {
  const most = Math.min(walk.text, walk.characters)
  const text = value.length > most ? value.slice(0, most) : value
  walk.characters -= text.length
  return text
}

const ofValue = (value: unknown, walk: Walk): unknown => {
  walk.left -= 1
  switch (typeof value) {
    case "string":
      return ofText(value, walk)
    case "boolean":
      return value
    case "number":
      return Number.isFinite(value) ? value : null
    case "bigint":
      return ofText(String(value), walk)
    case "object":
      return value === null ? null : ofObject(value, walk)
    default:
      return undefined
  }
}

interface Bounds {
  readonly values?: number | undefined
  readonly text?: number | undefined
}

/**
 * What JSON can say of a value, as plain data. A cycle, a function, bytes, a getter or `toJSON` that throws, and whatever is deeper than 64 levels or
 * past 100,000 values are left out; in a list they are `null`, as `JSON.stringify` has it. A bigint becomes text. `undefined` where nothing is left.
 * `bounds` lowers the number of values, and cuts texts.
 *
 * @since 0.1.0
 * @category writing
 */
export const data = (value: unknown, bounds?: Bounds): unknown =>
  ofValue(value, {
    left: bounds?.values ?? maximumValues,
    characters: maximumCharacters,
    text: bounds?.text ?? Number.POSITIVE_INFINITY,
    ancestors: []
  })

/**
 * The JSON text of what `data` leaves of a value; `undefined` where that is nothing.
 *
 * @since 0.1.0
 * @category writing
 */
export const stringify = (value: unknown, bounds?: Bounds): string | undefined => JSON.stringify(data(value, bounds))

const parse = Option.liftThrowable((text: string): unknown => JSON.parse(text))

const tree = (text: string): Option.Option<unknown> => {
  const first = text.trimStart()[0]
  return first === "{" || first === "[" ? parse(text) : Option.none()
}

/**
 * Whether a text is a JSON object or list.
 *
 * @since 0.1.0
 * @category guards
 */
export const isTree = (text: string): boolean => Option.isSome(tree(text))

/** The texts, brackets, numbers and words of JSON. */
const tokens = (json: string): ReadonlyArray<string> =>
  json.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]|[^\s,:[\]{}"]+/g) ?? []

/** The digits of a number and where its point is, however it is spelled. */
const spelled = (literal: string): string => {
  const [mantissa = "", exponent = "0"] = literal.toLowerCase().replace(/^-/, "").split("e")
  const [whole = "", fraction = ""] = mantissa.split(".")
  const digits = `${whole}${fraction}`.replace(/^0+/, "")
  const significant = digits.replace(/0+$/, "")
  return significant === ""
    ? ""
    : `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/** No number that JavaScript writes has so many characters. */
const longestNumber = 64

const isExact = (token: string): boolean => {
  if (!/^[-\d]/.test(token)) return true
  const written = String(Number(token))
  return written === token || (token.length <= longestNumber && spelled(written) === spelled(token))
}

/**
 * The conventions want an object where a model produced its text: text that is a JSON object or list becomes one, and anything else stays. So does a
 * text of which something would be lost on the way: an integer or a fraction of more digits than JavaScript keeps, a number that is not finite, a key
 * that is there twice, what is too deep or too much for `data`.
 *
 * @since 0.1.0
 * @category reading
 */
export const parsed = (value: unknown): unknown =>
  typeof value !== "string"
    ? value
    : tree(value).pipe(
        Option.filter((read) => {
          const given = tokens(value)
          return given.every(isExact) && given.length === tokens(stringify(read) ?? "").length
        }),
        Option.getOrElse(() => value)
      )
