import { describe, expect, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import * as Pii from "../src/guardrail/Pii.js"

const kinds = (text: string) => Pii.find(text).map(({ kind }) => kind)
const masked = (text: string) => Pii.mask(text, Pii.find(text))

describe("personal data and secrets in a text", () => {
  it("card numbers, in any of the ways people write them, by their checksum", () => {
    for (const card of [
      "4111111111111111",
      "4111 1111 1111 1111",
      "4111-1111-1111-1111",
      "378282246310005",
      "6011000990139424"
    ]) {
      expect(kinds(`pay with ${card}, please`)).toEqual(["CREDIT_CARD"])
    }
    for (const other of [
      "4111111111111112",
      "411111111111",
      "1234 5678",
      "12345678901234567890123",
      "4111.1111.1111.1111"
    ]) {
      expect(kinds(`number ${other}.`)).toEqual([])
    }
  })

  it("e-mail addresses", () => {
    for (const address of ["ann@example.org", "a.b+c@mail.example.co.uk", "x_1%y@ex-ample.io"]) {
      expect(kinds(`mail <${address}>.`)).toEqual(["EMAIL"])
    }
    for (const other of ["ann@example", "@example.org", "ann at example.org", "a@b@c", "ann@.org"]) {
      expect(kinds(other)).toEqual([])
    }
  })

  it("secrets of well-known shapes", () => {
    for (const secret of [
      "sk-abcdefghijklmnopqrst",
      "AKIAIOSFODNN7EXAMPLE",
      `ghp_${"a".repeat(36)}`,
      "xoxb-1234567890-abc"
    ]) {
      expect(kinds(`key: ${secret}`)).toEqual(["SECRET"])
    }
    for (const other of ["sk-short", "AKIA", "task-force-of-twenty-people-and-more"]) expect(kinds(other)).toEqual([])
  })

  it("are masked by their kind, and what is around them stays", () => {
    expect(masked("a ann@example.org b 4111111111111111 c")).toBe("a [EMAIL] b [CREDIT_CARD] c")
    expect(masked("nothing here")).toBe("nothing here")
    expect(masked("")).toBe("")
  })

  it("are found in order and never overlap (property)", () => {
    const piece = FastCheck.constantFrom(
      "ann@example.org",
      "4111111111111111",
      "sk-abcdefghijklmnopqrst",
      " ",
      "-",
      "1",
      "x",
      "@"
    )
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(piece).map((pieces) => pieces.join("")),
        (text) => {
          const findings = Pii.find(text)
          return findings.every(
            ({ start, end }, index) => start < end && end <= text.length && start >= (findings[index - 1]?.end ?? 0)
          )
        }
      )
    )
  })

  it("leave nothing to find once they are masked (property)", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(FastCheck.constantFrom("ann@example.org", "4111111111111111", "word", "7")),
        (words) => {
          expect(kinds(masked(words.join(" ")))).toEqual([])
        }
      )
    )
  })

  it("cost linear time, whatever is in the text", () => {
    const hostile = [
      `${"1 ".repeat(50_000)}`,
      `${"a.".repeat(50_000)}@`,
      `${"a@".repeat(50_000)}`,
      `sk-${"-".repeat(100_000)}`
    ]
    const startedAt = process.hrtime.bigint()
    for (const text of hostile) Pii.find(text)
    expect(Number(process.hrtime.bigint() - startedAt) / 1e6).toBeLessThan(3_000)
  })
})
