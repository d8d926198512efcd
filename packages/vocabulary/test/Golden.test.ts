/**
 * What every vocabulary writes for a sample of every role, key by key, against golden files that were checked by hand.
 *
 * After a deliberate change: `UPDATE_GOLDEN=1 npx vitest run --project vocabulary`, then read the difference.
 */
import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanRole from "@tenant-tracer/model/SpanRole"
import { covers, type VocabularyRef } from "@tenant-tracer/model/Vocabulary"
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

    it("has a golden file for each sample and no other", () => {
      expect(fs.readdirSync(folder).sort()).toEqual(samples.map(({ name }) => `${name}.json`).sort())
    })

    it("each declared key is shown by a golden file and has a source", () => {
      expect(rows.filter((row) => !shown.some((key) => covers(row, key)))).toEqual([])
      expect(rows.filter((row) => (vocabulary.keys[row] ?? "").trim() === "")).toEqual([])
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

    it("the samples show content, so that the property above can fail", () => {
      expect(shown.some((key) => coveredBy(vocabulary.content, key))).toBe(true)
    })

    it.prop(
      "a span is written the same way twice and is not changed",
      [typedSpan],
      ([span]) => {
        const first = AttributeMap.attributes(vocabulary, span)
        expect(AttributeMap.attributes(vocabulary, span)).toEqual(first)
      },
      { fastCheck: { numRuns: 50 } }
    )
  }
)

/** As many of them as do not disagree. */
const compatible: Array<VocabularyRef> = []
for (const ref of Vocabularies.all) if (Either.isRight(Vocabularies.layer([...compatible, ref]))) compatible.push(ref)

it.prop(
  "layered, every key is written once and nothing is lost",
  [typedSpan],
  ([span]) => {
    expect(compatible.length).toBeGreaterThan(2)
    const layered = Either.getOrThrow(Vocabularies.layer(compatible))
    const keys = AttributeMap.attributes(layered, span).map(({ key }) => key)
    const apart = new Set(
      compatible.flatMap((ref) =>
        AttributeMap.attributes(Either.getOrThrow(Vocabularies.layer([ref])), span).map(({ key }) => key)
      )
    )
    expect(keys.length).toBe(apart.size)
    expect(new Set(keys)).toEqual(apart)
  },
  { fastCheck: { numRuns: 100 } }
)

it("samples differ from one another, so that a golden file stands for its role", () => {
  const texts = samples.map(({ span }) => JSON.stringify(span))
  expect(new Set(texts).size).toBe(texts.length)
})
