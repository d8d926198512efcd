import { describe, expect, it } from "@effect/vitest"
import type { TraceFacts } from "@tenant-tracer/model/TraceFacts"
import * as AttributeMap from "../../src/AttributeMap.js"
import * as Facts from "../../src/internal/facts.js"
import { samples } from "../../src/internal/samples.js"
import * as Vocabularies from "../../src/Vocabularies.js"

const span = (facts: TraceFacts) => ({ name: "x", data: undefined, facts, isRoot: false, error: undefined })

describe("metadata", () => {
  it("of two with one name the fact that is known stays, and nobody's metadata passes for another team", () => {
    const noted = { release: "theirs", environment: "theirs", team_id: "t2", key_hash: "theirs", tier: "gold" }
    const one = span({ team: { id: "t1" }, release: "ours", version: "canary", metadata: noted })
    expect(Facts.metadata(one)).toEqual({
      release: "ours",
      version: "canary",
      environment: "theirs",
      tier: "gold",
      team_id: "t1"
    })
    expect(Facts.metadata(one, "release", "environment", "team_id")).toEqual({
      version: "canary",
      environment: "theirs",
      tier: "gold"
    })
  })

  it("a session that nobody knows is the conversation of a span that knows one, where a session is told here", () => {
    const data = { _tag: "llm_call", conversationId: "c" } as const
    expect(Facts.metadata({ ...span({}), data })).toEqual({ session_id: "c" })
    expect(Facts.metadata({ ...span({ sessionId: "s" }), data })).toEqual({ session_id: "s" })
    expect(Facts.metadata({ ...span({}), data: { ...data, conversationId: "" } })).toEqual({})
    expect(Facts.metadata({ ...span({ metadata: { session_id: "m" } }), data }, "session_id")).toEqual({
      session_id: "m"
    })
  })

  it.each(
    Vocabularies.all.flatMap((one) =>
      one.name === "genai" || one.name === "litellm" ? [] : [[one.name, one] as const]
    )
  )("no metadata take the place of a fact in %s", (_, one) => {
    const forged = Object.fromEntries([...Facts.ofCaller, ...Facts.ofTrace].map((name) => [name, "forged"]))
    for (const data of [{ _tag: "tool_call", name: "f" }, { _tag: "llm_call" }, undefined] as const) {
      const each = { ...span({ ...facts, metadata: { ...forged, tier: "gold" } }), data, isRoot: true }
      const said = Object.entries(AttributeMap.collect(one, each)).filter(
        ([key]) => !key.startsWith("gateway.trace.metadata.")
      )
      expect(said.filter(([, value]) => String(value).includes("forged"))).toEqual([])
      expect(JSON.stringify(AttributeMap.collect(one, each))).toContain("gold")
    }
  })
})

describe("whose request it is", () => {
  const theirs = { user_id: "theirs-user", session_id: "theirs-session" }
  const known = { endUser: "our-user", sessionId: "our-session" }
  const told = (vocabulary: (typeof Vocabularies.all)[number], facts: TraceFacts): string =>
    JSON.stringify(
      Object.entries(AttributeMap.collect(vocabulary, span(facts))).filter(([key]) => /user_id|session_id/.test(key))
    )

  const inMetadata = Vocabularies.all.filter(({ name }) =>
    ["langsmith", "braintrust", "traceloop", "weave"].includes(name)
  )

  it.each(inMetadata.map((one) => [one.name, one] as const))("is not for the metadata to say in %s", (name, one) => {
    const seen = told(one, { ...known, metadata: theirs })
    expect(seen).toContain("our-user")
    expect(seen).not.toContain("theirs-user")
    // Weave has a thread instead of a session among the attributes.
    if (name !== "weave") expect(seen).toContain("our-session")
    if (name !== "weave") expect(seen).not.toContain("theirs-session")
  })

  it.each(inMetadata.map((one) => [one.name, one] as const))(
    "is the metadata's where nobody else knows in %s",
    (_, one) => {
      const seen = told(one, { metadata: theirs })
      expect(seen).toContain("theirs-user")
      expect(seen).toContain("theirs-session")
    }
  )

  it("was asked of four", () => expect(inMetadata.length).toBe(4))
})

describe("own", () => {
  it("a call says where it belongs, an agent and a tool who they are", () => {
    expect(
      Facts.own({ _tag: "llm_call", conversationId: "c", memory: { storeId: "s", recordCount: 0 }, outputType: "text" })
    ).toMatchObject({ conversation_id: "c", memory_store: "s", memory_record_count: 0, output_type: "text" })
    expect(
      Facts.own({ _tag: "agent", name: "a", id: "1", version: "2", provider: "", previousResponseId: "r" })
    ).toMatchObject({
      agent_name: "a",
      agent_id: "1",
      agent_version: "2",
      previous_response_id: "r"
    })
    expect(Facts.own({ _tag: "tool_call", name: "f", type: "function" })).toMatchObject({
      tool_name: "f",
      tool_type: "function"
    })
    expect(Facts.own({ _tag: "mcp_tool_call", tool: "t" })).toEqual({ tool_name: "t" })
    expect(Facts.own({ _tag: "mcp_tool_call", prompt: "p" })).toEqual({ mcp_prompt: "p" })
    expect([Facts.own({ _tag: "service" }), Facts.own(undefined)]).toEqual([{}, {}])
  })

  it("says nothing that is content", () => {
    const words = ["Paris", "Sunny", "concise", "likes", "weather?"]
    for (const { name, span } of samples) {
      const text = JSON.stringify(Facts.own(span.data))
      expect(
        words.filter((word) => text.includes(word)),
        name
      ).toEqual([])
    }
  })
})

/** Each fact in a word of its own. */
const facts = {
  team: { id: "fact-team" },
  key: { hash: "fact-key" },
  user: "fact-user",
  organization: "fact-organization",
  endUser: "fact-end-user",
  sessionId: "fact-session",
  traceName: "fact-name",
  tags: ["fact-tag"],
  metadata: { tier: "fact-metadata" },
  environment: "fact-environment",
  release: "fact-release",
  version: "fact-version",
  promptName: "fact-prompt",
  promptVersion: "fact-revision"
} as const satisfies Required<Omit<TraceFacts, "team" | "key">> & TraceFacts

const all: ReadonlyArray<string> = JSON.stringify(facts).match(/fact-[a-z-]+/g) ?? []
const identity = ["fact-team", "fact-key", "fact-user", "fact-organization", "fact-end-user", "fact-session"]
const prompt = ["fact-prompt", "fact-revision"]

/** What a back end reads on each span, and not on the root alone; of the rest the prompt belongs to model calls, or the name to the root. */
const onEach: Readonly<Record<string, ReadonlyArray<string>>> = {
  genai: [...identity, "fact-environment"],
  openinference: all,
  langfuse: all.filter((fact) => !prompt.includes(fact)),
  langsmith: all.filter((fact) => fact !== "fact-name"),
  traceloop: all.filter((fact) => !prompt.includes(fact)),
  braintrust: all,
  weave: all.filter((fact) => fact !== "fact-name"),
  langtrace: [...identity, "fact-environment", ...prompt]
}

describe.each(
  Vocabularies.all.flatMap((one) => (one.name in onEach ? [[`${one.name} ${one.version}`, one] as const] : []))
)("%s", (_, vocabulary) => {
  const told = (one: (typeof samples)[number]["span"], isRoot: boolean) => {
    const text = JSON.stringify(AttributeMap.attributes(vocabulary, { ...one, facts, isRoot }))
    return new Set(text.match(/fact-[a-z-]+/g))
  }

  it.each(samples.map(({ name, span }) => [name, span] as const))("%s has the facts of its trace", (_, one) => {
    const seen = told(one, false)
    expect((onEach[vocabulary.name] ?? all).filter((fact) => !seen.has(fact))).toEqual([])
  })

  it("each fact is somewhere in the trace", () => {
    const seen = new Set(samples.flatMap(({ span }) => [...told(span, true), ...told(span, false)]))
    expect(all.filter((fact) => !seen.has(fact))).toEqual([])
  })
})
