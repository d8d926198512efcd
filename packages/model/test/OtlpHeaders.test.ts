import { describe, expect, it } from "@effect/vitest"
import { OtlpHeaders } from "@tenant-tracer/model"
import { Either, FastCheck as fc, Record, Redacted } from "effect"

const failure = (headers: Readonly<Record<string, string>>) =>
  Either.getOrThrow(Either.flip(OtlpHeaders.validate(headers)))

const nameCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
const headerName = fc.string({ unit: fc.constantFrom(...nameCharacters), minLength: 1, maxLength: 20 })

const character = fc.constantFrom("a", "Z", "0", "%", ",", "=", ";", " ", "\t", "\n", "\0", "é", "€", "😀")

describe("OtlpHeaders.parse", () => {
  it("case 123: lower-cases names and decodes values", () => {
    expect(OtlpHeaders.parse("Authorization=Basic%20TOKEN==")).toStrictEqual({ authorization: "Basic TOKEN==" })
    expect(OtlpHeaders.parse("x-scope-orgid=team%20a")).toStrictEqual({ "x-scope-orgid": "team a" })
  })

  it("is liberal", () => {
    expect(OtlpHeaders.parse(" a = 1 ,, b=x=y ,no-equals, =no-name, c= ,A=2")).toStrictEqual({
      a: "2",
      b: "x=y",
      c: ""
    })
    for (const nothing of ["", null, undefined, ",", "=", "nope"]) expect(OtlpHeaders.parse(nothing)).toStrictEqual({})
  })

  it("keeps a malformed escape and decodes its neighbours", () => {
    expect(OtlpHeaders.parse("a=100%,b=%zz%20,c=%e2%82,d=%E2%82%AC%2,e=%FF%20%C3%A9%C3%28")).toStrictEqual({
      a: "100%",
      b: "%zz ",
      c: "%e2%82",
      d: "€%2",
      e: "%FF é%C3("
    })
  })

  it("does not touch a prototype", () => {
    const headers = OtlpHeaders.parse("__proto__=x,constructor=y")
    expect(Object.keys(headers)).toStrictEqual(["__proto__", "constructor"])
    expect(Object.getPrototypeOf(headers)).toBe(Object.prototype)
  })

  it("never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.string({ unit: character })), (value) =>
        Object.values(OtlpHeaders.parse(value as string)).every((header) => typeof header === "string")
      )
    )
  })
})

describe("OtlpHeaders.format", () => {
  it("encodes values, so that commas and spaces survive", () => {
    expect(OtlpHeaders.format({ "x-project-name": "my proj, prod=1", B: "ü" })).toBe(
      "x-project-name=my%20proj%2C%20prod%3D1,B=%C3%BC"
    )
    expect(OtlpHeaders.format({})).toBe("")
  })

  it("case 155: a credential and a project survive side by side", () => {
    const line = OtlpHeaders.format({ Authorization: "Bearer phoenix-key", "x-project-name": "a,b" })
    expect(OtlpHeaders.parse(line)).toStrictEqual({ authorization: "Bearer phoenix-key", "x-project-name": "a,b" })
  })

  it("is read back by parse, with names lower-cased", () => {
    const headers = fc.dictionary(headerName, fc.string({ unit: character }))
    fc.assert(
      fc.property(headers, (record) => {
        const lowered = Object.fromEntries(Object.entries(record).map(([name, value]) => [name.toLowerCase(), value]))
        expect(OtlpHeaders.parse(OtlpHeaders.format(record))).toStrictEqual(lowered)
      })
    )
  })

  it("does not throw on half of a surrogate pair", () => {
    expect(OtlpHeaders.parse(OtlpHeaders.format({ a: "x\ud800" }))).toStrictEqual({ a: "x\ufffd" })
  })
})

describe("OtlpHeaders.validate", () => {
  it("accepts what can be sent", () => {
    const headers = { Authorization: "Basic cGs6c2s=", "x-tab": "a\tb", "x-latin": "ü", empty: "" }
    expect(OtlpHeaders.validate(headers)).toStrictEqual(Either.right(headers))
    expect(OtlpHeaders.validate({ a: "v".repeat(8192) })).toMatchObject({ _tag: "Right" })
  })

  it("names the header and what is wrong, and shows no value", () => {
    const cases: ReadonlyArray<readonly [string, string, string]> = [
      ["x y", "s3cret", "name"],
      ["", "s3cret", "name"],
      ["ü", "s3cret", "name"],
      ["a:b", "s3cret", "name"],
      ["__Proto__", "s3cret", "name"],
      ["a", "s3cret\r\nx-evil: 1", "control_character"],
      ["a", "s3cret\0", "control_character"],
      ["a", "s3cret€", "not_latin1"],
      ["a", "s3cret".repeat(2000), "too_long"]
    ]
    for (const [name, value, reason] of cases) {
      const error = failure({ fine: "x", [name]: value })
      expect(error).toMatchObject({ _tag: "OtlpHeadersError", reason, header: name })
      expect(error.message).toContain(JSON.stringify(name))
      expect(error.message).not.toContain("s3cret")
      expect(JSON.stringify(error)).not.toContain("s3cret")
    }
  })

  it("cuts a name that is too long to show", () => {
    expect(failure({ [" ".repeat(5000)]: "" }).message.length).toBeLessThan(200)
  })

  it("accepts nothing that the platform's own headers refuse or change", () => {
    const value = fc.string({
      unit: fc.constantFrom("a", " ", "\t", "\n", "\0", "\u007f", "ÿ", "Ā", "€"),
      maxLength: 6
    })
    fc.assert(
      fc.property(fc.oneof(headerName, fc.string({ maxLength: 5 })), value, (name, text) => {
        if (Either.isRight(OtlpHeaders.validate({ [name]: text }))) {
          expect(new Headers({ [name]: text }).get(name)).toBe(text.replace(/^[\t ]+|[\t ]+$/g, ""))
        }
      })
    )
  })
})

describe("OtlpHeaders.reveal", () => {
  const refusal = (headers: Readonly<Record<string, unknown>>) =>
    Either.getOrThrow(Either.flip(OtlpHeaders.reveal(headers)))

  it("gives the headers as they are sent", () => {
    const headers = { Authorization: Redacted.make("Basic cGs6c2s="), "x-latin": Redacted.make("ü") }
    expect(OtlpHeaders.reveal(headers)).toStrictEqual(Either.right({ authorization: "Basic cGs6c2s=", "x-latin": "ü" }))
    expect(OtlpHeaders.reveal({})).toStrictEqual(Either.right({}))
  })

  it("names the header that cannot be sent and shows no value", () => {
    const wiped = Redacted.make("s3cret")
    Redacted.unsafeWipe(wiped)
    const cases: ReadonlyArray<readonly [string, unknown, string]> = [
      ["x y", Redacted.make("s3cret"), "name"],
      ["a", Redacted.make("s3cret\r\nx-evil: 1"), "control_character"],
      ["a", Redacted.make("s3cret€"), "not_latin1"],
      ["a", Redacted.make("s3cret".repeat(2000)), "too_long"],
      ["a", "s3cret", "not_redacted"],
      ["a", Redacted.make(["s3cret"]), "not_redacted"],
      ["a", wiped, "not_redacted"],
      ["a", undefined, "not_redacted"],
      ["FINE", Redacted.make("s3cret"), "repeated"],
      ...Array.from(OtlpHeaders.reserved, (name) => [name.toUpperCase(), Redacted.make("s3cret"), "reserved"] as const)
    ]
    for (const [name, value, reason] of cases) {
      const error = refusal({ fine: Redacted.make("x"), [name]: value })
      expect(error).toMatchObject({ reason, header: name })
      expect(`${error.message} ${JSON.stringify(error)}`).not.toContain("s3cret")
    }
  })

  it("keeps other names where it is told which", () => {
    const proxy = { "Proxy-Authorization": Redacted.make("Basic x") }
    expect(OtlpHeaders.reveal(proxy, new Set(["host"]))).toStrictEqual(
      Either.right({ "proxy-authorization": "Basic x" })
    )
  })

  it("accepts of plain values what `validate` accepts", () => {
    fc.assert(
      fc.property(fc.dictionary(headerName, fc.string({ unit: character })), (record) => {
        const names = Object.keys(record).map((name) => name.toLowerCase())
        const isPlain = new Set(names).size === names.length && !names.some((name) => OtlpHeaders.reserved.has(name))
        const revealed = OtlpHeaders.reveal(Record.map(record, (value) => Redacted.make(value)))
        expect(Either.isRight(revealed)).toBe(isPlain && Either.isRight(OtlpHeaders.validate(record)))
      })
    )
  })
})
