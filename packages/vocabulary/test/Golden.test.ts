/**
 * What every vocabulary writes for a sample of every role, key by key, against golden files that were checked by hand.
 *
 * After a deliberate change: `UPDATE_GOLDEN=1 npx vitest run --project vocabulary`, then read the difference.
 */
import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { fewestAttributes } from "@tenant-tracer/model/Destination"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanRole from "@tenant-tracer/model/SpanRole"
import { coreOf, covers, type Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Either from "effect/Either"
import * as AttributeMap from "../src/AttributeMap.js"
import { coveredBy } from "../src/internal/keyTable.js"
import { samples } from "../src/internal/samples.js"
import * as Vocabularies from "../src/Vocabularies.js"
import { typedSpan, withoutContent } from "./arbitraries.js"

const directory = new URL("./golden/", import.meta.url)
const update = process.env.UPDATE_GOLDEN === "1"

type Golden = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const rendered = (attributes: ReadonlyArray<AttributeMap.Attribute>): Golden =>
  Object.fromEntries(attributes.map(({ key, type, value }) => [key, { [type]: value }]))

const numRuns = 300

/** What the names of keys tell of their numbers. */
const measured = /temperature|top_p|penalty|score|cost|duration|time_to_first/
const counted = /tokens|_count|\.count|port$|seed|status_code|attempt/

it("there is a sample of every role", () => {
  const roles = new Set(samples.map(({ span }) => span.data?._tag))
  expect(SpanRole.all.filter((role) => !roles.has(role))).toEqual([])
})

it.each(SpanRole.all)("every field of %s is filled in a sample", (role) => {
  const filled = new Set(samples.flatMap(({ span }) => (span.data?._tag === role ? Object.keys(span.data) : [])))
  // An error is written alike whatever the role, and here mostly the span's.
  const fields = Object.keys(SpanData.schemas[role].fields).filter((field) => field !== "error")
  expect(fields.filter((field) => !filled.has(field))).toEqual([])
})

describe.each(Vocabularies.all.map((vocabulary) => [`${vocabulary.name}-${vocabulary.version}`, vocabulary] as const))(
  "%s",
  (title, vocabulary) => {
    const folder = new URL(`${title}/`, directory)
    const rows = Object.keys(vocabulary.keys)
    const types = new Map<string, AttributeMap.Attribute["type"]>()
    const shown = samples.flatMap(({ span }) => AttributeMap.attributes(vocabulary, span).map(({ key }) => key))

    it.each(samples.map(({ name, span }) => [name, span] as const))("%s is as the golden file says", (name, span) => {
      const file = new URL(`${name}.json`, folder)
      const actual = rendered(AttributeMap.attributes(vocabulary, span))
      if (update) {
        fs.mkdirSync(folder, { recursive: true })
        fs.writeFileSync(file, `${JSON.stringify(actual, null, 2)}\n`)
      }
      const golden: Golden = JSON.parse(fs.readFileSync(file, "utf8"))
      expect(Object.keys(actual).sort()).toEqual(Object.keys(golden).sort())
      for (const [key, attribute] of Object.entries(golden)) expect(actual[key], key).toEqual(attribute)
    })

    it.each(samples.map(({ name }) => name))("each key of the golden file of %s names its source", (name) => {
      const golden: Golden = JSON.parse(fs.readFileSync(new URL(`${name}.json`, folder), "utf8"))
      const sourced = rows.filter((row) => (vocabulary.keys[row] ?? "").trim() !== "")
      expect(Object.keys(golden).filter((key) => !coveredBy(sourced, key))).toEqual([])
    })

    it("has a golden file for each sample and no other", () => {
      expect(fs.readdirSync(folder).sort()).toEqual(samples.map(({ name }) => `${name}.json`).sort())
    })

    it("each declared key is shown by a golden file and has a source", () => {
      expect(rows.filter((row) => !shown.some((key) => covers(row, key)))).toEqual([])
      expect(rows.filter((row) => (vocabulary.keys[row] ?? "").trim() === "")).toEqual([])
    })

    it("a double is one where it is whole, and what is counted is an integer", () => {
      const numbers = samples.flatMap(({ span }) =>
        AttributeMap.attributes(vocabulary, span).filter(({ value }) => typeof value === "number")
      )
      const wrong = numbers.filter(
        ({ key, type }) => (measured.test(key) && type !== "double") || (counted.test(key) && type !== "int")
      )
      expect(wrong).toEqual([])
      expect(numbers.some(({ key, value }) => measured.test(key) && Number.isInteger(value))).toBe(true)
    })

    it.prop(
      "a key has one type, whatever its value",
      [typedSpan],
      ([span]) => {
        for (const { key, type } of AttributeMap.attributes(vocabulary, span)) {
          // What stands under a prefix is named by whoever wrote it.
          if (!rows.includes(key)) continue
          expect([key, types.get(key) ?? type]).toEqual([key, type])
          types.set(key, type)
        }
      },
      { fastCheck: { numRuns } }
    )

    it.each(samples.map(({ name, span }) => [name, span] as const))(
      "what %s cannot do without is little",
      (_, span) => {
        const core = new Set(coreOf(vocabulary))
        const written = AttributeMap.attributes(vocabulary, span).filter(({ key }) => core.has(key))
        expect(written.length).toBeLessThan(fewestAttributes)
      }
    )

    it("says itself what goes last, and that is little", () => {
      expect(vocabulary.core?.length ?? Number.POSITIVE_INFINITY).toBeLessThan(fewestAttributes)
    })

    it("what goes last is written and is no content", () => {
      const core = coreOf(vocabulary)
      expect(core.filter((key) => !shown.includes(key) || coveredBy(vocabulary.content, key))).toEqual([])
      expect(
        Object.keys(vocabulary.lists ?? {}).filter((list) => !rows.some((row) => row.startsWith(`${list}.*`)))
      ).toEqual([])
    })

    it("each content key is declared", () => {
      expect(vocabulary.content.filter((row) => !rows.includes(row))).toEqual([])
    })

    it.prop(
      "anything that fits the schemas is written: declared keys only, each once",
      [typedSpan],
      ([span]) => {
        const keys = AttributeMap.attributes(vocabulary, span).map(({ key }) => key)
        expect(keys.filter((key) => !coveredBy(rows, key))).toEqual([])
        expect(keys.length).toBe(new Set(keys).size)
      },
      { fastCheck: { numRuns } }
    )

    it.prop(
      "case 237: without content exactly the content keys are gone",
      [typedSpan],
      ([span]) => {
        const full = AttributeMap.attributes(vocabulary, span)
        expect(AttributeMap.attributes(vocabulary, withoutContent(span))).toEqual(
          full.filter(({ key }) => !coveredBy(vocabulary.content, key))
        )
      },
      { fastCheck: { numRuns } }
    )

    it("of what a guardrail consumed the numbers are told, and no sentence that names one", () => {
      const usage = { topicPolicyUnits: 1234, "my number is 555-0100": 1 }
      const [guardrail] = samples.flatMap(({ span }) => (span.data?._tag === "guardrail" ? [span.data] : []))
      const span = { name: "x", data: guardrail && { ...guardrail, usage }, facts: {}, isRoot: false, error: undefined }
      const text = JSON.stringify(AttributeMap.attributes(vocabulary, withoutContent(span)))
      expect([text.includes("1234"), text.includes("555")]).toEqual([true, false])
    })

    it("the samples show content, so that the property above can fail", () => {
      expect(shown.some((key) => coveredBy(vocabulary.content, key))).toBe(true)
    })

    it.prop(
      "a span is written the same way twice and is not changed",
      [typedSpan],
      ([span]) => {
        const before = structuredClone(span)
        const first = structuredClone(AttributeMap.attributes(vocabulary, span))
        expect(AttributeMap.attributes(vocabulary, span)).toEqual(first)
        expect(span).toEqual(before)
      },
      { fastCheck: { numRuns: 50 } }
    )
  }
)

/** Of all vocabularies those that agree with each other, in their order. */
const agreeing: Array<Vocabulary> = []
for (const one of Vocabularies.all) if (Either.isRight(Vocabularies.layer([...agreeing, one]))) agreeing.push(one)

it.prop(
  "layered, every key is written once and nothing is lost",
  [typedSpan],
  ([span]) => {
    const layered = Vocabularies.layer(agreeing).pipe(Either.getOrThrow)
    const keys = AttributeMap.attributes(layered, span).map(({ key }) => key)
    const apart = new Set(agreeing.flatMap((one) => AttributeMap.attributes(one, span).map(({ key }) => key)))
    expect(keys.length).toBe(apart.size)
    expect(new Set(keys)).toEqual(apart)
  },
  { fastCheck: { numRuns: 100 } }
)

const pairs = Vocabularies.all.flatMap((one, index) =>
  Vocabularies.all
    .slice(index + 1)
    .flatMap((two) => (Either.isRight(Vocabularies.layer([one, two])) ? [[one, two] as const] : []))
)

it.prop(
  "two that may be layered never say two things under one key, nor content under what is none for the other",
  [typedSpan],
  ([span]) => {
    const written = new Map(
      Vocabularies.all.map((one) => [one, new Map(AttributeMap.attributes(one, span).map((said) => [said.key, said]))])
    )
    const clashes = pairs.flatMap(([one, two]) => {
      return [...(written.get(one)?.values() ?? [])].flatMap((said) => {
        const other = written.get(two)?.get(said.key)
        const isSame =
          other === undefined ||
          (JSON.stringify(said) === JSON.stringify(other) &&
            coveredBy(one.content, said.key) === coveredBy(two.content, said.key))
        return isSame ? [] : [`${one.name} ${one.version}, ${two.name} ${two.version}: ${said.key}`]
      })
    })
    expect(clashes).toEqual([])
  },
  { fastCheck: { numRuns: 1000 } }
)

/** What may be layered, and of what. */
const layers: ReadonlyArray<readonly [layered: Vocabulary, parts: ReadonlyArray<Vocabulary>]> = [
  ...pairs,
  agreeing
].map((parts) => [Either.getOrThrow(Vocabularies.layer(parts)), parts])

it.prop(
  "case 237: of what is layered, too, exactly the content keys are gone without content",
  [typedSpan],
  ([span]) => {
    const plain = new Map(
      Vocabularies.all.map((one) => {
        const keys = AttributeMap.attributes(one, span).map(({ key }) => key)
        return [one, keys.filter((key) => !coveredBy(one.content, key))]
      })
    )
    for (const [layered, parts] of layers) {
      const keys = AttributeMap.attributes(layered, withoutContent(span)).map(({ key }) => key)
      expect(new Set(keys), layered.name).toEqual(new Set(parts.flatMap((one) => plain.get(one) ?? [])))
    }
  },
  { fastCheck: { numRuns: 100 } }
)

it.prop(
  "the core keys of a span, which go last, fit into the smallest budget there is, beside what the tracer says of its outcome",
  [typedSpan],
  ([span]) => {
    for (const one of [...Vocabularies.all, ...layers.map(([layered]) => layered)]) {
      const core = new Set(coreOf(one))
      const kept = AttributeMap.attributes(one, span).filter(({ key }) => core.has(key))
      expect(kept.length, one.name).toBeLessThan(fewestAttributes)
    }
  },
  { fastCheck: { numRuns: 200 } }
)

it("several agree, so that the property above can fail", () => {
  expect(new Set(agreeing.map(({ name }) => name)).size).toBeGreaterThan(1)
})

it("samples differ from one another, so that a golden file stands for its role", () => {
  const texts = samples.map(({ span }) => JSON.stringify(span))
  expect(new Set(texts).size).toBe(texts.length)
})
