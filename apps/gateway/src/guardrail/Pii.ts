/** Finds what should not leave a tenant's house: card numbers, e-mail addresses, secrets. Pure text in, findings out. */
import * as Schema from "effect/Schema"

/** What can be found. */
export const Kind = Schema.Literal("CREDIT_CARD", "EMAIL", "SECRET")

/** What can be found. */
export type Kind = typeof Kind.Type

/** One finding: half-open range of characters. */
export interface Finding {
  readonly kind: Kind
  readonly start: number
  readonly end: number
}

/** The Luhn checksum that every card number passes. */
const passesLuhn = (digits: string): boolean => {
  let sum = 0
  for (let index = 0; index < digits.length; index++) {
    const digit = digits.charCodeAt(digits.length - 1 - index) - 48
    const doubled = index % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

// Every repetition is bounded: a hostile prompt costs linear time.
const patterns: ReadonlyArray<{
  readonly kind: Kind
  readonly pattern: RegExp
  readonly holds: (match: string) => boolean
}> = [
  {
    kind: "CREDIT_CARD",
    pattern: /(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)/g,
    holds: (match) => passesLuhn(match.replace(/\D/g, ""))
  },
  {
    kind: "EMAIL",
    pattern: /(?<![\w.%+-])[\w.%+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![A-Za-z])/g,
    holds: () => true
  },
  {
    kind: "SECRET",
    pattern: /\b(?:sk-[\w-]{20,200}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36,100}|xox[abpr]-[\w-]{10,100})\b/g,
    holds: () => true
  }
]

/** Everything found in a text, from left to right; of two findings that overlap the first one stands. */
export const find = (text: string): ReadonlyArray<Finding> => {
  const all = patterns.flatMap(({ kind, pattern, holds }) =>
    Array.from(text.matchAll(pattern))
      .filter((match) => holds(match[0]))
      .map((match): Finding => ({ kind, start: match.index, end: match.index + match[0].length }))
  )
  const findings: Array<Finding> = []
  for (const finding of all.sort((a, b) => a.start - b.start)) {
    if (finding.start >= (findings.at(-1)?.end ?? 0)) findings.push(finding)
  }
  return findings
}

/** The text with each finding replaced by its kind in brackets, such as `[EMAIL]`. */
export const mask = (text: string, findings: ReadonlyArray<Finding>): string => {
  let masked = ""
  let from = 0
  for (const { kind, start, end } of findings) {
    masked += `${text.slice(from, start)}[${kind}]`
    from = end
  }
  return masked + text.slice(from)
}
