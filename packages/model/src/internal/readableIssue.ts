/** Why something could not be decoded, as a path and a sentence: never with the value, which may be a credential. */
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as SchemaAST from "effect/SchemaAST"
import { boundedText } from "./boundedText.js"

export interface ReadableIssue {
  /** Such as `destinations[0].endpoint`; empty where the whole is wrong. */
  readonly path: string
  readonly detail: string
}

const append = (path: string, keys: ParseResult.Path): string =>
  [keys].flat().reduce<string>((before, key) => {
    if (typeof key === "number") return `${before}[${key}]`
    const name = boundedText(String(key), 64)
    return before === "" ? name : `${before}.${name}`
  }, path)

/** The first leaf of an issue. */
export const readableIssue = (issue: ParseResult.ParseIssue, path = ""): ReadableIssue => {
  switch (issue._tag) {
    case "Pointer":
      return readableIssue(issue.issue, append(path, issue.path))
    case "Composite": {
      const [first] = [issue.issues].flat()
      const leaf = first === undefined ? { path, detail: expected(issue) } : readableIssue(first, path)
      // Of several alternatives the first is not more wanted than the others.
      return leaf.path === path && hasAlternatives(issue.ast) ? { path, detail: expected(issue) } : leaf
    }
    case "Refinement":
      return issue.kind === "From" ? readableIssue(issue.issue, path) : { path, detail: expected(issue) }
    case "Transformation":
      return readableIssue(issue.issue, path)
    case "Missing":
      return { path, detail: "is missing" }
    case "Unexpected":
      return { path, detail: "is not a field: check its spelling" }
    case "Type":
      return { path, detail: issue.message ?? expected(issue) }
    case "Forbidden":
      return { path, detail: issue.message ?? "cannot be decoded" }
  }
}

const hasAlternatives = (ast: SchemaAST.AST): boolean =>
  ast._tag === "Union" && ast.types.filter(({ _tag }) => _tag !== "UndefinedKeyword").length > 1

/** What the schema says of itself; its own messages do not show the value. */
const expected = (issue: ParseResult.Type | ParseResult.Refinement | ParseResult.Composite): string => {
  const message = Option.map(SchemaAST.getMessageAnnotation(issue.ast), (annotation) => annotation(issue))
  if (Option.isSome(message)) {
    if (typeof message.value === "string") return message.value
    if ("message" in message.value && typeof message.value.message === "string") return message.value.message
  }
  return `is not ${boundedText(String(issue.ast), 200)}`
}
