/**
 * What every vocabulary writes for a sample of every role, key by key, against golden files that were checked by hand.
 *
 * After a deliberate change: `UPDATE_GOLDEN=1 npx vitest run --project vocabulary`, then read the difference.
 */
import * as fs from "node:fs"
import { describe, expect, it } from "@effect/vitest"
import { coreAttributes, fewestAttributes } from "@tenant-tracer/model/Destination"
import * as Metadata from "@tenant-tracer/model/Metadata"
import * as SpanData from "@tenant-tracer/model/SpanData"
import * as SpanRole from "@tenant-tracer/model/SpanRole"
import { coreOf, covers, type TypedSpan, type Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import * as AttributeMap from "../src/AttributeMap.js"
import { coveredBy } from "../src/internal/keyTable.js"
import { samples } from "../src/internal/samples.js"
import * as Vocabularies from "../src/Vocabularies.js"
import { noted, typedSpan, withoutContent } from "./arbitraries.js"

const directory = new URL("./golden/", import.meta.url)
const update = process.env.UPDATE_GOLDEN === "1"

type Golden = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const rendered = (attributes: ReadonlyArray<AttributeMap.Attribute>): Golden =>
  Object.fromEntries(attributes.map(({ key, type, value }) => [key, { [type]: value }]))

const numRuns = 300

const bare = { name: "x", facts: {}, isRoot: true, error: undefined } as const

const image = (content: string) => ({ type: "blob", modality: "image", mimeType: "image/png", content }) as const

const page = { type: "blob", modality: "document", mimeType: "application/pdf", content: "ZG9jdW1lbnQ=" } as const

const spoken = {
  inputMessages: [
    { role: "user", parts: [{ type: "text", content: "What is this?" }, image("aW1hZ2U="), page] },
    { role: "user", parts: [{ type: "uri", modality: "image", uri: "https://example.com/second.png" }] },
    {
      role: "assistant",
      parts: [
        { type: "reasoning", content: "I ponder." },
        { type: "tool_call", id: "call_1", name: "draw", arguments: { city: "Paris" } }
      ]
    },
    {
      role: "tool",
      parts: [
        {
          type: "tool_call_response",
          id: "call_1",
          response: [{ type: "text", content: "a chart" }, image("Y2hhcnQ=")]
        }
      ]
    }
  ],
  outputMessages: [
    {
      role: "assistant",
      parts: [
        { type: "reasoning", content: "I conclude." },
        { type: "text", content: "Sunny." },
        { type: "tool_call", id: "call_2", name: "draw", arguments: { city: "Rome" } }
      ]
    }
  ]
} as const

/** What tells a conversation, and one with all that there may be in it. */
const conversations = [
  { data: { _tag: "proxy_request", method: "POST", route: "/v1/chat/completions", ...spoken } },
  { data: { _tag: "llm_call", operation: "chat", provider: "openai", requestModel: "gpt-4o", ...spoken } },
  { data: { _tag: "llm_call", operation: "text_completion", provider: "openai", ...spoken } },
  { data: { _tag: "agent", name: "painter", ...spoken } }
] as const satisfies ReadonlyArray<{ readonly data: SpanData.Read }>

/** What the names of keys tell of their numbers. */
const measured = /temperature|top_p|penalty|score|cost|duration|time_to_first/
const counted = /tokens|_count|\.count|port$|seed|status_code|attempt/

/**
 * A page with its section, or what has none: a file of code, and a page of a version of the GenAI conventions whose sections have been renamed since.
 */
const isSource = (source: string): boolean =>
  /^\S.*\/\S+#[\w.-]+$/.test(source) ||
  /\S\/\S+\.(?:json|py|ts)$/.test(source) ||
  /^semconv(?: 1\.\d+|-genai) \S+\/\S+\.md$/.test(source)

/** Whether rows of the table tell where a key is from. What was noted of a service is told under any name, and nothing else is. */
const isDeclared = (rows: ReadonlyArray<string>, key: string, { data }: TypedSpan): boolean =>
  coveredBy(
    rows.filter((row) => row !== "*"),
    key
  ) ||
  (rows.includes("*") &&
    covers("*", key) &&
    data !== undefined &&
    "metadata" in data &&
    Object.hasOwn(Metadata.sanitize(data.metadata), key))

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

    it.each(samples.map(({ name, span }) => [name, span] as const))(
      "each key of the golden file of %s names its source",
      (name, span) => {
        const golden: Golden = JSON.parse(fs.readFileSync(new URL(`${name}.json`, folder), "utf8"))
        const sourced = rows.filter((row) => isSource(vocabulary.keys[row] ?? ""))
        expect(Object.keys(golden).filter((key) => !isDeclared(sourced, key, span))).toEqual([])
      }
    )

    it("has a golden file for each sample and no other", () => {
      expect(fs.readdirSync(folder).sort()).toEqual(samples.map(({ name }) => `${name}.json`).sort())
    })

    it("each declared key is shown by a golden file and has a source", () => {
      expect(rows.filter((row) => !shown.some((key) => covers(row, key)))).toEqual([])
      expect([...new Set(Object.values(vocabulary.keys))].filter((source) => !isSource(source))).toEqual([])
    })

    it("what the conventions for HTTP, databases and errors say is cited with their version", () => {
      const cited = Object.values(vocabulary.keys).filter((source) => /^semconv\b/.test(source))
      expect(cited.filter((source) => !/^semconv(?: 1\.\d+|-genai) /.test(source))).toEqual([])
      expect(cited.length).toBeGreaterThan(0)
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
      expect(vocabulary.core?.length ?? Number.POSITIVE_INFINITY).toBeLessThan(coreAttributes)
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
        expect(keys.filter((key) => !isDeclared(rows, key, span))).toEqual([])
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

    it("of a conversation that it tells it tells every part: text, images, thoughts, and which call a tool answers", () => {
      const shown = conversations.filter(({ data }) => {
        const text = JSON.stringify(AttributeMap.attributes(vocabulary, { ...bare, data }))
        if (!text.includes("What is this?")) return false
        const parts = [
          "aW1hZ2U=",
          "ZG9jdW1lbnQ=",
          "/second.png",
          "I ponder.",
          "a chart",
          "Y2hhcnQ=",
          "I conclude.",
          "Sunny.",
          "call_2"
        ]
        const missing = parts.filter((part) => !text.includes(part))
        expect([data._tag, missing, text.split("call_1").length > 2]).toEqual([data._tag, [], true])
        return true
      })
      expect(shown.map(({ data }) => data._tag)).toEqual(expect.arrayContaining(["llm_call", "agent"]))
    })

    it("the tools of an agent are told as those of a model call are", () => {
      const tools = [{ name: "draw", description: "Draws", parameters: { type: "object", title: "chart" } }]
      const shown = [{ _tag: "agent", name: "painter", tools } as const, { _tag: "llm_call", tools } as const].map(
        (data) =>
          AttributeMap.attributes(vocabulary, { ...bare, data }).filter(({ value }) =>
            ["draw", "Draws", "chart"].some((word) => String(value).includes(word))
          )
      )
      expect(shown[0]).toEqual(shown[1])
    })

    it.each(["embeddings", "retrieval", "search_memory"])(
      "an image that %s was given is told, as far as it has words",
      (operation) => {
        const data = { _tag: "llm_call", operation, inputMessages: spoken.inputMessages.slice(0, 1) } as const
        const text = JSON.stringify(AttributeMap.attributes(vocabulary, { ...bare, data }))
        // The conventions have a text for a query and nothing for what is embedded; Weave shows the query beside them.
        expect([text.includes("aW1hZ2U="), text.includes("ZG9jdW1lbnQ=")]).toEqual(
          vocabulary.name === "genai" ? [false, false] : [true, true]
        )
      }
    )

    it("an empty text is none, of what answered and of the conversation", () => {
      const told = (said: Partial<SpanData.LlmCall>, finishReason?: string) => {
        const outputMessages = [
          { role: "assistant", parts: [{ type: "text", content: "Sunny." }], finishReason }
        ] as const
        const data = { _tag: "llm_call", operation: "chat", requestModel: "gpt-4o", outputMessages, ...said } as const
        return AttributeMap.collect(vocabulary, { ...bare, facts: { sessionId: "s" }, data })
      }
      const empty = { provider: "", responseModel: "", responseId: "", systemFingerprint: "", conversationId: "" }
      expect(told({ ...empty, finishReasons: [""] }, "")).toEqual(told({}))
      expect(told({ finishReasons: ["stop", ""] }, "")).toEqual(told({ finishReasons: ["stop"] }))
    })

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

/** Whether a key is a vocabulary's own, and no name that somebody noted. */
const isOwn = ({ keys }: Vocabulary, key: string): boolean =>
  !Object.hasOwn(keys, "*") ||
  coveredBy(
    Object.keys(keys).filter((row) => row !== "*"),
    key
  )

/** Of what several write each by itself the keys that they write together: what one has noted is left to those whose own key it is. */
const together = (
  parts: ReadonlyArray<Vocabulary>,
  keysOf: (one: Vocabulary) => ReadonlyArray<string>
): ReadonlySet<string> =>
  new Set(
    parts.flatMap((one) =>
      keysOf(one).filter((key) => isOwn(one, key) || !parts.some((other) => Object.hasOwn(other.keys, key)))
    )
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
    const apart = together(agreeing, (one) => AttributeMap.attributes(one, span).map(({ key }) => key))
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
          isOwn(one, said.key) !== isOwn(two, said.key) ||
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
  "whatever is noted of a service under the name of another vocabulary's key, in either order the key is the other's",
  [noted, FastCheck.constantFrom("service" as const, "db_call" as const), FastCheck.constantFrom({}, { tier: "gold" })],
  ([metadata, _tag, told]) => {
    const span = { ...bare, data: { _tag, service: "s", metadata }, facts: { metadata: told } }
    for (const pair of pairs) {
      for (const parts of [pair, pair.toReversed()]) {
        const layered = Either.getOrThrow(Vocabularies.layer(parts))
        const said = AttributeMap.collect(layered, span)
        for (const one of parts) {
          const own = AttributeMap.collect(one, span)
          for (const key of Object.keys(metadata)) {
            if (Object.hasOwn(one.keys, key))
              expect([layered.name, key, said[key]]).toEqual([layered.name, key, own[key]])
          }
        }
      }
    }
  },
  { fastCheck: { numRuns: 50 } }
)

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
      expect(new Set(keys), layered.name).toEqual(together(parts, (one) => plain.get(one) ?? []))
      // A row of one must not take for content what another writes of the trace.
      expect(
        keys.filter((key) => coveredBy(layered.content, key)),
        layered.name
      ).toEqual([])
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
      expect(kept.length, one.name).toBeLessThan(one.name.includes("+") ? coreAttributes : fewestAttributes)
    }
  },
  { fastCheck: { numRuns: 200 } }
)

it("what is said of sources can fail", () => {
  const none = ["", "gateway extension", "semconv db/database-spans.md", "a page", "docs/a.md", "docs/a.md#", "#a"]
  expect(none.filter(isSource)).toEqual([])
})

it("a key that nobody noted is covered by a row of its own alone", () => {
  const span = {
    ...bare,
    data: { _tag: "service", service: "s", metadata: { noted: 1, api_key: "left out" } }
  } as const
  const declared = (rows: ReadonlyArray<string>) =>
    ["own", "noted", "api_key", "forged"].filter((key) => isDeclared(rows, key, span))
  expect(declared(["own", "*"])).toEqual(["own", "noted"])
  expect(declared(["own"])).toEqual(["own"])
})

it("several agree, so that the property above can fail", () => {
  expect(new Set(agreeing.map(({ name }) => name)).size).toBeGreaterThan(1)
})

it("samples differ from one another, so that a golden file stands for its role", () => {
  const texts = samples.map(({ span }) => JSON.stringify(span))
  expect(new Set(texts).size).toBe(texts.length)
})
