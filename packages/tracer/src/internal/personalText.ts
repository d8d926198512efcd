/**
 * Texts by which people can be reached or charged: e-mail addresses, payment cards, phone numbers. Where a number may be one or not, it is taken
 * for one.
 *
 * All of it is linear in the text's length: an address is read outwards from its `@`, in both directions no further than to the next one, and a
 * number no further than it may be long.
 */

const isLetterOrDigit = (code: number): boolean =>
  (code >= 97 && code <= 122) ||
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  // Latin with its marks, Greek, Cyrillic: scripts that put spaces round an address.
  (code >= 0xc0 && code < 0x530)

const isDomain = (code: number): boolean => isLetterOrDigit(code) || code === 45 || code === 46

/** Of `. - _ % +`, too. */
const isLocal = (code: number): boolean => isDomain(code) || code === 95 || code === 37 || code === 43

const ats = /@|%40/g

/** Without e-mail addresses, also where their `@` is percent-encoded. */
export const withoutEmails = (text: string): string => {
  let kept = ""
  let from = 0
  /** What another `@` has looked at already. */
  let floor = 0
  for (const { 0: at, index } of text.matchAll(ats)) {
    const after = index + at.length
    let start = index
    while (start > floor && isLocal(text.charCodeAt(start - 1))) start--
    let end = after
    while (end < text.length && isDomain(text.charCodeAt(end))) end++
    while (end > after && !isLetterOrDigit(text.charCodeAt(end - 1))) end--
    floor = after
    if (start === index || !isPublic(text.slice(after, end))) continue
    kept += `${text.slice(from, start)}[redacted:email]`
    from = end
    floor = end
  }
  return kept + text.slice(from)
}

/** Its last part is a name: `effect@3.22` is no address. */
const isPublic = (domain: string): boolean => {
  const dot = domain.lastIndexOf(".")
  return dot > 0 && /^\D./.test(domain.slice(dot + 1))
}

const firstGroups = /(?<![\dA-Za-z]|\d[.,])\d{4,19}(?!\d)/g

/** Without the numbers of payment cards: 13 to 19 digits, in groups or in one, that a card may begin with and whose check digit is right. */
export const withoutCards = (text: string): string => {
  let kept = ""
  let from = 0
  for (const { index } of text.matchAll(firstGroups)) {
    const end = index < from ? undefined : endOfCard(text, index)
    if (end === undefined) continue
    kept += `${text.slice(from, index)}[redacted:card]`
    from = end
  }
  return kept + text.slice(from)
}

const groups = /(\d{1,19})(?:[ \u00a0-](?=\d))?/y

/** Where a card ends that begins here. Its groups have four digits and more, except for the last. */
const endOfCard = (text: string, start: number): number | undefined => {
  let digits = ""
  groups.lastIndex = start
  for (let group = groups.exec(text); group !== null && digits.length < 19; group = groups.exec(text)) {
    const [, printed = ""] = group
    digits += printed
    const end = group.index + printed.length
    if (isCard(digits) && !/^(?:[\dA-Za-z]|\.\d)/.test(text.slice(end, end + 2))) return end
    if (printed.length < 4 || groups.lastIndex === end) return undefined
  }
  return undefined
}

/** Times in milliseconds have 13 digits, those in nanoseconds 19, and both begin with 1. */
const plausible = /^(?:4\d{12}|3\d{13,14}|[2-9]\d{14,15}|[4-6]\d{16,18})$/

const isCard = (digits: string): boolean => {
  if (!plausible.test(digits)) return false
  let sum = 0
  for (let i = 0; i < digits.length; i++) {
    const digit = digits.charCodeAt(digits.length - 1 - i) - 48
    const doubled = i % 2 === 0 ? digit : digit * 2
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

/** Whether a number is a card's. One that is too large to be exact has lost the digits by which it could be told. */
export const isCardNumber = (value: number): boolean =>
  Number.isInteger(value) &&
  (Number.isSafeInteger(value) ? isCard(String(value)) : plausible.test(BigInt(value).toString()))

const phones: ReadonlyArray<RegExp> = [
  // +49 (0)151 123-45678
  /(?<![\w+])\+\(?[1-9](?:[ \u00a0\u2011()./-]{0,3}\d){7,14}(?!\d)/g,
  // 0049 151 12345678
  /(?<![\w+.,:/#-])00[1-9](?:[ \u00a0()./-]{0,3}\d){8,13}(?![\w-])/g,
  // (212) 555-0123, 212-555-0123, 1 212 555 0123
  /(?<![\w+.,-])(?:1[ .-]?)?(?:\([2-9]\d{2}\)[ .-]?|[2-9]\d{2}[ .-])[2-9]\d{2}[ .-]\d{4}(?![\w-]|\.\d)/g,
  // (11) 91234-5678
  /(?<!\w)\(0?\d{2,4}\)[ -]?\d{3,5}[ -]?\d{4,5}(?![\w-])/g,
  // 06 12 34 56 78
  /(?<![\w+.,:/#-])0[1-9](?:[ .-]\d{2}){4}(?![\w-]|[ .-][1-9])/g,
  // 020 7946 0958, 0151/12345678
  /(?<![\w+.,:/#-])\(?0[1-9]\d{1,3}\)?[ /-]{1,3}\d(?:[ -]?\d){4,8}(?![\w-])/g,
  // 03-1234-5678
  /(?<![\w+.,:/#-])0[1-9][ -]\d{4}[ -]\d{4}(?![\w-])/g,
  // 01511234567
  /(?<![\w+.,:/#-])0[1-9]\d{8,10}(?![\w-]|[.,]\d)/g,
  // 98765 43210
  /(?<![\w+.,:/#-])[6-9]\d{4}[ -]\d{5}(?![\w-])/g
]

/** Without phone numbers: international ones, and the forms of those within a country that can be told from other numbers. */
export const withoutPhones = (text: string): string =>
  phones.reduce((kept, phone) => kept.replaceAll(phone, "[redacted:phone]"), text)
