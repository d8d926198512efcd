import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, FastCheck as fc, Schema, type SchemaAST } from "effect"
import * as FieldReader from "../../src/internal/fieldReader.js"

/** Shapes that payloads have, and some that they have not yet. */
const shapes = {
  text: Schema.String.ast,
  "finite number": Schema.Finite.ast,
  count: Schema.NonNegativeInt.ast,
  price: Schema.Finite.pipe(Schema.nonNegative()).ast,
  "any number": Schema.Number.ast,
  boolean: Schema.Boolean.ast,
  literals: Schema.Literal("a", 1, null).ast,
  list: Schema.Array(Schema.Finite).ast,
  record: Schema.Record({ key: Schema.String, value: Schema.Finite }).ast,
  struct: Schema.Struct({ required: Schema.String, optional: Schema.optional(Schema.Finite) }).ast,
  union: Schema.Union(
    Schema.Struct({ type: Schema.Literal("a"), a: Schema.String }),
    Schema.Struct({ type: Schema.Literal("b"), b: Schema.optional(Schema.Finite) })
  ).ast,
  "opaque tuple": Schema.Tuple(Schema.String, Schema.Finite).ast,
  "opaque record beside fields": Schema.Struct({ a: Schema.String }, { key: Schema.String, value: Schema.String }).ast,
  "opaque template": Schema.TemplateLiteral("v", Schema.Number).ast
}

const keep = (ast: SchemaAST.AST, value: unknown) => {
  const misfits: FieldReader.Misfits = []
  return { kept: FieldReader.keep(FieldReader.compile(ast), value, "at", misfits), misfits }
}

describe("fieldReader", () => {
  for (const [name, ast] of Object.entries(shapes)) {
    const schema = Schema.make<unknown>(ast)
    const is = Schema.is(schema)

    it(`${name}: what fits is what the schema accepts, and it is kept as it is`, () => {
      const reader = FieldReader.compile(ast)
      const value = fc.oneof(
        Arbitrary.make(schema),
        fc.anything(),
        fc.jsonValue(),
        fc.record({ type: fc.constantFrom("a", "b"), a: fc.anything(), b: fc.anything() }, { requiredKeys: [] })
      )
      fc.assert(
        fc.property(value, (input) => {
          expect(reader.fits(input)).toBe(is(input))
          const { kept, misfits } = keep(ast, input)
          expect(misfits.length === 0).toBe(is(input))
          if (is(input)) expect(kept).toBe(input)
          else if (kept !== FieldReader.unfit) expect(is(kept)).toBe(true)
        })
      )
    })
  }

  it("repairs the member of a union that was meant", () => {
    const { union } = shapes
    expect(keep(union, { type: "b", b: "x" })).toStrictEqual({ kept: { type: "b" }, misfits: ["at.b"] })
    expect(keep(union, { type: "a" })).toStrictEqual({ kept: FieldReader.unfit, misfits: ["at.a"] })
    expect(keep(union, { type: "c" })).toStrictEqual({ kept: FieldReader.unfit, misfits: ["at"] })
  })

  it("keeps nothing of what it does not know the parts of", () => {
    expect(keep(shapes["opaque tuple"], ["a", "b"])).toStrictEqual({
      kept: FieldReader.unfit,
      misfits: ["at"]
    })
  })
})
