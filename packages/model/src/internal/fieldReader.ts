/**
 * A reader of unknown values, compiled from a schema: it tells whether a value fits, and of one that does not it keeps
 * what does. It reads the kinds of schema that payloads are made of; any other counts as a whole that fits or does not.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as SchemaAST from "effect/SchemaAST"
import { boundedText } from "./boundedText.js"

/** What `repair` answers for a value of which nothing can be kept. */
export const unfit: unique symbol = Symbol.for("@tenant-tracer/model/unfit")

/** Where values did not fit, by path. */
export type Misfits = Array<string>

export interface FieldReader {
  /** Whether the value fits as it is. Allocates nothing. May throw where a getter or a proxy does. */
  readonly fits: (value: unknown) => boolean
  /** Keeps what fits of a value that does not, notes the rest. May throw likewise: callers go through `keep`. */
  readonly repair: (value: unknown, path: string, misfits: Misfits) => unknown
}

export interface PayloadReader extends FieldReader {
  /** `fits`, for a copy (`{ ...value }`): most payloads have few of their fields, and only those are looked at. */
  readonly fitsCopy: (copy: object) => boolean
}

/** The most paths that are noted for one payload. */
export const maxMisfits = 64

/**
 * The most elements of a list, or entries of a record, that are looked at: a sparse array or a proxy may claim any
 * length.
 */
export const maxElements = 65_536

const note = (misfits: Misfits, path: string): typeof unfit => {
  if (misfits.length < maxMisfits) misfits.push(path)
  return unfit
}

/** The value where it fits, else what can be kept of it, else `unfit`. Never throws. */
export const keep = (reader: FieldReader, value: unknown, path: string, misfits: Misfits): unknown => {
  try {
    if (reader.fits(value)) return value
  } catch {
    // Somewhere inside is a property that cannot be read: the repair finds out which.
  }
  try {
    return reader.repair(value, path, misfits)
  } catch {
    return note(misfits, path)
  }
}

type Properties = Readonly<Record<PropertyKey, unknown>>

const isRecord = (value: unknown): value is Properties =>
  typeof value === "object" && value !== null && !Array.isArray(value)

const whole = (fits: FieldReader["fits"]): FieldReader => ({
  fits,
  repair: (_value, path, misfits) => note(misfits, path)
})

const list = (element: FieldReader): FieldReader => ({
  fits: (value) => {
    if (!Array.isArray(value) || value.length > maxElements) return false
    for (let i = 0; i < value.length; i++) {
      if (!element.fits(value[i])) return false
    }
    return true
  },
  repair: (value, path, misfits) => {
    if (!Array.isArray(value)) return note(misfits, path)
    const kept: Array<unknown> = []
    for (let i = 0; i < value.length; i++) {
      if (i === maxElements) {
        note(misfits, `${path}[${i}]`)
        break
      }
      const fitting = keep(element, value[i], `${path}[${i}]`, misfits)
      if (fitting !== unfit) kept.push(fitting)
    }
    return kept
  }
})

const record = (element: FieldReader): FieldReader => ({
  fits: (value) => {
    if (!isRecord(value)) return false
    for (const key in value) {
      if (Object.hasOwn(value, key) && !element.fits(value[key])) return false
    }
    return true
  },
  repair: (value, path, misfits) => {
    if (!isRecord(value)) return note(misfits, path)
    const entries: Array<readonly [string, unknown]> = []
    for (const key of Object.keys(value).slice(0, maxElements)) {
      const fitting = read(element, value, key, false, `${path}.${boundedText(key, 64)}`, misfits)
      if (fitting !== unfit) entries.push([key, fitting])
    }
    return Object.fromEntries(entries)
  }
})

const read = (
  reader: FieldReader,
  from: Properties,
  key: string,
  isOptional: boolean,
  path: string,
  misfits: Misfits
): unknown => {
  try {
    const property = from[key]
    if (property === undefined && isOptional) return undefined
    return isOptional || Object.hasOwn(from, key) ? keep(reader, property, path, misfits) : note(misfits, path)
  } catch {
    return note(misfits, path)
  }
}

interface Field {
  readonly name: string
  readonly isOptional: boolean
  readonly reader: FieldReader
}

const struct = (fields: ReadonlyArray<Field>): FieldReader => ({
  fits: (value) => {
    if (!isRecord(value)) return false
    for (let i = 0; i < fields.length; i++) {
      // The index is in bounds.
      const field = fields[i] as Field
      // What is inherited is read as well, since it will be when the payload is rendered.
      const property = value[field.name]
      if (property === undefined && field.isOptional) continue
      if (!field.reader.fits(property)) return false
      if (!field.isOptional && !Object.hasOwn(value, field.name)) return false
    }
    return true
  },
  repair: (value, path, misfits) => {
    if (!isRecord(value)) return note(misfits, path)
    const kept: Record<string, unknown> = {}
    for (const { name, isOptional, reader } of fields) {
      const at = path === "" ? name : `${path}.${name}`
      const fitting = read(reader, value, name, isOptional, at, misfits)
      if (fitting === unfit) {
        if (!isOptional) return unfit
      } else if (fitting !== undefined || !isOptional) {
        kept[name] = fitting
      }
    }
    return kept
  }
})

const anyOf = (members: ReadonlyArray<{ readonly ast: SchemaAST.AST; readonly reader: FieldReader }>): FieldReader => ({
  fits: (value) => {
    for (let i = 0; i < members.length; i++) {
      if (members[i]?.reader.fits(value)) return true
    }
    return false
  },
  repair: (value, path, misfits) => {
    // A member whose literals match is the one that was meant; among others there is no telling.
    const meant = members.length === 1 ? members[0] : members.find(({ ast }) => literalsMatch(ast, value))
    return meant === undefined ? note(misfits, path) : meant.reader.repair(value, path, misfits)
  }
})

const literalsMatch = (ast: SchemaAST.AST, value: unknown): boolean => {
  if (ast._tag !== "TypeLiteral" || !isRecord(value)) return false
  const literals = ast.propertySignatures.filter((property) => property.type._tag === "Literal")
  return literals.length > 0 && literals.every(({ name, type }) => compile(type).fits(value[name]))
}

const fieldsOf = (ast: SchemaAST.TypeLiteral): ReadonlyArray<Field> =>
  ast.propertySignatures.map(({ name, isOptional, type }) => ({
    name: String(name),
    isOptional,
    reader: compile(type)
  }))

/**
 * The reader of a payload: its tag has to be there, any other field may be missing, and none takes the rest along when
 * it does not fit.
 */
export const compilePayload = (ast: SchemaAST.AST): PayloadReader => {
  if (ast._tag !== "TypeLiteral") {
    const reader = compile(ast)
    return { ...reader, fitsCopy: reader.fits }
  }
  const fields = fieldsOf(ast).map((field) => ({ ...field, isOptional: field.name !== "_tag" }))
  const tag = struct(fields.filter((field) => !field.isOptional))
  const rest = struct(fields.filter((field) => field.isOptional))
  const byName = new Map(fields.map((field) => [field.name, field]))
  return {
    fits: struct(fields).fits,
    fitsCopy: (copy) => {
      const values = copy as Properties
      for (const name in values) {
        const field = byName.get(name)
        if (field === undefined) continue
        const value = values[name]
        if ((value !== undefined || !field.isOptional) && !field.reader.fits(value)) return false
      }
      return Object.hasOwn(copy, "_tag")
    },
    repair: (value, _path, misfits) => {
      if (!isRecord(value)) return note(misfits, "_tag")
      keep(tag, value, "", misfits)
      return rest.repair(value, "", misfits)
    }
  }
}

const noOptions: SchemaAST.ParseOptions = {}

/** The reader of a schema's type side. */
export const compile = (ast: SchemaAST.AST): FieldReader => {
  switch (ast._tag) {
    case "StringKeyword":
      return whole((value) => typeof value === "string")
    case "NumberKeyword":
      return whole((value) => typeof value === "number")
    case "BooleanKeyword":
      return whole((value) => typeof value === "boolean")
    case "UndefinedKeyword":
      return whole((value) => value === undefined)
    case "UnknownKeyword":
      return whole(() => true)
    case "Literal":
      return whole((value) => value === ast.literal)
    case "Refinement": {
      const from = compile(ast.from)
      return whole((value) => from.fits(value) && Option.isNone(ast.filter(value, noOptions, ast)))
    }
    case "TupleType": {
      const [rest] = ast.rest
      return ast.elements.length === 0 && ast.rest.length === 1 && rest ? list(compile(rest.type)) : opaque(ast)
    }
    case "TypeLiteral": {
      const [index] = ast.indexSignatures
      if (index === undefined) return struct(fieldsOf(ast))
      return ast.propertySignatures.length === 0 &&
        ast.indexSignatures.length === 1 &&
        index.parameter._tag === "StringKeyword"
        ? record(compile(index.type))
        : opaque(ast)
    }
    case "Union": {
      const members = ast.types.filter((type) => type._tag !== "UndefinedKeyword")
      const reader = anyOf(members.map((member) => ({ ast: member, reader: compile(member) })))
      return members.length === ast.types.length
        ? reader
        : { fits: (value) => value === undefined || reader.fits(value), repair: reader.repair }
    }
    default:
      return opaque(ast)
  }
}

const opaque = (ast: SchemaAST.AST): FieldReader => whole(Schema.is(Schema.make(ast)))
