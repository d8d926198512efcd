import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as ShorterJson from "../../../src/render/internal/shorterJson.js"

const message = (role: string, content: string) => ({ role, parts: [{ type: "text", content }] })

const within = (value: unknown, limit: number): unknown => {
  const text = ShorterJson.within(value, limit)
  expect(text?.length ?? 0).toBeLessThanOrEqual(limit)
  return text === undefined ? undefined : JSON.parse(text)
}

describe("within", () => {
  it("cuts the longest text and leaves the others as they are", () => {
    const messages = [message("system", "Be concise."), message("user", "x".repeat(10_000)), message("user", "And?")]
    const [system, long, short] = JSON.parse(ShorterJson.within(messages, 4095) ?? "")
    expect([system, short]).toEqual([messages[0], messages[2]])
    expect(long.parts[0].content).toMatch(/^x{3500,}…$/)
  })

  it("cuts texts that are alike alike", () => {
    const texts = within(["a".repeat(5000), "b".repeat(5000), "c"], 4095)
    expect(texts).toEqual([expect.stringMatching(/^a{2000,}…$/), expect.stringMatching(/^b{2000,}…$/), "c"])
  })

  it("of a long conversation the first message and the newest are left", () => {
    const messages = Array.from({ length: 500 }, (_, index) => message("user", `${index} ${"x".repeat(300)}`))
    const kept = within(messages, 4095) as ReadonlyArray<ReturnType<typeof message>>
    expect(kept.map(({ parts: [part] }) => part?.content.split(" ")[0])).toEqual(["0", "497", "498", "499"])
  })

  it("JSON in a text is JSON still", () => {
    const call = { name: "f", arguments: JSON.stringify({ city: "Paris", note: "n".repeat(5000) }) }
    const { arguments: given, name } = within(call, 4095) as typeof call
    expect([name, JSON.parse(given)]).toEqual(["f", { city: "Paris", note: expect.stringMatching(/^n+…$/) }])
  })

  it("of an image or a sound there is all or nothing", () => {
    const blob = { type: "blob", modality: "image", mime_type: "image/png", content: "iVBORw0KGgo".repeat(1000) }
    const small = { ...blob, content: "iVBORw0KGgo" }
    const url = { type: "image_url", image_url: { url: `data:image/png;base64,${blob.content}` } }
    expect(within([blob, small, url], 4095)).toEqual([
      { ...blob, content: "…" },
      small,
      { ...url, image_url: { url: "…" } }
    ])
  })

  it("the names of types stay, however little is left", () => {
    const parts = [{ type: "tool_call_response", id: "a", response: "x".repeat(500) }]
    expect(within(parts, 110)).toEqual([
      { type: "tool_call_response", id: "a", response: expect.stringMatching(/^x+…$/) }
    ])
  })

  it("words stay whole, and what only stands in their place does not", () => {
    const part = { type: "tool_call_response", id: "a".repeat(40), response: "x".repeat(50) }
    expect(within([{ role: "assistant", parts: [part], finish_reason: "content_filter" }], 150)).toEqual([
      {
        role: "assistant",
        parts: [{ type: part.type, id: expect.stringMatching(/^a+…$/), response: expect.stringMatching(/^x+…$/) }],
        finish_reason: "content_filter"
      }
    ])
    expect(within({ role: "r".repeat(5000) }, 100)).toEqual({ role: expect.stringMatching(/^r+…$/) })
  })

  it("counts what is escaped as it is written", () => {
    expect(within(["\u0001".repeat(4000)], 4095)).toEqual([expect.stringMatching(/^\u0001{300,}…$/)])
    expect(within(["\n".repeat(4000)], 4095)).toEqual([expect.stringMatching(/^\n{1500,}…$/)])
  })

  it("never cuts through a pair of surrogates", () => {
    expect(within(["😀".repeat(300)], 400)).toEqual([expect.stringMatching(/^(?:😀)+…$/u)])
  })

  it("is nothing where names alone are too long", () => {
    expect(ShorterJson.within({ ["k".repeat(100)]: 1 }, 100)).toBeUndefined()
  })

  it("what is nested beyond measure ends, and fast", () => {
    const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`
    expect(ShorterJson.fit(deep, 1000)).toBe(`${"[".repeat(64)}null${"]".repeat(64)}`)
    let texts = JSON.stringify("x".repeat(100))
    for (let depth = 0; depth < 12; depth++) texts = JSON.stringify([texts])
    expect(texts.length).toBeGreaterThan(8000)
    const short = ShorterJson.fit(texts, 4000)
    expect(short === undefined || short.length <= 4000).toBe(true)
  })
})

describe("fit", () => {
  it("gives spaces between fields up first", () => {
    expect(ShorterJson.fit(JSON.stringify({ a: ["b"] }, undefined, 8), 12)).toBe('{"a":["b"]}')
  })

  it.prop(
    "JSON stays JSON of its kind, and no longer than it may be",
    [FastCheck.json(), FastCheck.integer({ min: 1, max: 400 })],
    ([text, limit]) => {
      const short = ShorterJson.fit(text, limit)
      if (short === undefined) return
      expect(short.length).toBeLessThanOrEqual(limit)
      if (/^[[{]/.test(text)) expect(Array.isArray(JSON.parse(short))).toBe(Array.isArray(JSON.parse(text)))
    }
  )
})

describe("inUnit", () => {
  const text = FastCheck.string({ unit: FastCheck.constantFrom("a", "é", "日", "😀"), maxLength: 300 })
  const limit = FastCheck.integer({ min: 1, max: 500 })

  it.prop(
    "is within a limit in bytes, and where there is more to tell fills it well",
    [text, limit],
    ([text, limit]) => {
      const cut = ShorterJson.inUnit(limit, "bytes", (length) => ShorterJson.cut(text, length))
      const [size, whole] = [Buffer.byteLength(cut), Buffer.byteLength(text)]
      expect(text.startsWith(cut)).toBe(true)
      expect(size).toBeLessThanOrEqual(limit)
      expect(size).toBeGreaterThanOrEqual(Math.min(whole, Math.floor(limit / 4) - 4))
      expect(ShorterJson.isWithin(text, limit, "bytes")).toBe(whole <= limit)
    }
  )

  it.prop("JSON stays JSON", [FastCheck.array(text), limit], ([texts, limit]) => {
    const told = ShorterJson.inUnit(limit, "bytes", (length) => ShorterJson.within(texts, length))
    if (told === undefined) return
    expect(Buffer.byteLength(told)).toBeLessThanOrEqual(limit)
    expect(Array.isArray(JSON.parse(told))).toBe(true)
  })

  it("in characters is what that many are", () => {
    expect(ShorterJson.inUnit(4, "characters", (length) => ShorterJson.cut("日本語です。", length))).toBe("日本語で")
    expect(ShorterJson.isWithin("日本語で", 4, "characters")).toBe(true)
    expect(ShorterJson.isWithin("日本語で", 4, "bytes")).toBe(false)
  })
})
