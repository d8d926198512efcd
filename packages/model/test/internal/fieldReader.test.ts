import { describe, expect, it } from "@effect/vitest"
import { Arbitrary, FastCheck as fc, Schema } from "effect"
import * as FieldReader from "../../src/internal/fieldReader.js"

/** Shapes that payloads have, and some that they have not yet. */
const schemas: Readonly<Record<string, Schema.Schema<unknown>>> = {
  text: Schema.String,
  "finite number": Schema.Finite,
  "any number": Schema.Number,
  boolean: Schema.Boolean,
  literals: Schema.Literal("a", 1, null),
  list: Schema.Array(Schema.Finite),
  record: Schema.Record({ key: Schema.String, value: Schema.Finite }),
  struct: Schema.Struct({ required: Schema.String, optional: Schema.optional(Schema.Finite) }),
  union: Schema.Union(
    Schema.Struct({ type: Schema.Literal("a"), a: Schema.String }),
    Schema.Struct({ type: Schema.Literal("b"), b: Schema.optional(Schema.Finite) })
  ),
  "opaque tuple": Schema.Tuple(Schema.String, Schema.Finite),
  "opaque record beside fields": Schema.Struct({ a: Schema.String }, { key: Schema.String, value: Schema.String }),
  "opaque template": Schema.TemplateLiteral("v", Schema.Finite)
}

const keep = (schema: Schema.Schema<unknown>, value: unknown) => {
  const misfits: FieldReader.Misfits = []
  return { kept: FieldReader.keep(FieldReader.compile(schema.ast), value, "at", misfits), misfits }
}

describe("fieldReader", () => {
  for (const [name, schema] of Object.entries(schemas)) {
    const is = Schema.is(schema)

    it(`${name}: what fits is what the schema accepts, and it is kept as it is`, () => {
      const reader = FieldReader.compile(schema.ast)
      const value = fc.oneof(
        Arbitrary.make(schema),
        fc.anything(),
        fc.jsonValue(),
        fc.record({ type: fc.constantFrom("a", "b"), a: fc.anything(), b: fc.anything() }, { requiredKeys: [] })
      )
      fc.assert(
        fc.property(value, (input) => {
          expect(reader.fits(input)).toBe(is(input))
          const { kept, misfits } = keep(schema, input)
          expect(misfits.length === 0).toBe(is(input))
          if (is(input)) expect(kept).toBe(input)
          else if (kept !== FieldReader.unfit) expect(is(kept)).toBe(true)
        })
      )
    })
  }

  it("repairs the member of a union that was meant", () => {
    const union = schemas.union ?? Schema.Never
    expect(keep(union, { type: "b", b: "x" })).toStrictEqual({ kept: { type: "b" }, misfits: ["at.b"] })
    expect(keep(union, { type: "a" })).toStrictEqual({ kept: FieldReader.unfit, misfits: ["at.a"] })
    expect(keep(union, { type: "c" })).toStrictEqual({ kept: FieldReader.unfit, misfits: ["at"] })
  })

  it("keeps nothing of what it does not know the parts of", () => {
    expect(keep(schemas["opaque tuple"] ?? Schema.Never, ["a", "b"])).toStrictEqual({
      kept: FieldReader.unfit,
      misfits: ["at"]
    })
  })
})
