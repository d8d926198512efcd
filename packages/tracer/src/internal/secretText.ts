/**
 * Texts that look like keys, tokens and passwords.
 *
 * All of it is linear in the text's length: an expression is tried at the start of a run of characters, or at a literal, its classes are disjoint
 * from what follows them, and what is open to one side takes in characters that no other attempt reads again.
 */

export const mark = "[redacted:key]"

/** Without what looks like a secret; the name before it stays. `isIdentifier`: an unknown long token is an id here, not a key. */
export const withoutSecrets = (text: string, isIdentifier: boolean): string => {
  const known = text.length < 6 ? text : withoutTokens(withoutAssignments(withoutUserInfo(withoutPem(text))))
  return isIdentifier ? known : withoutRandomness(known)
}

const pemBegin = /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY/

/** A block that is cut off goes to the end of its text. */
const withoutPem = (text: string): string => {
  let kept = ""
  let rest = text
  for (let match = pemBegin.exec(rest); match !== null; match = pemBegin.exec(rest)) {
    kept += rest.slice(0, match.index) + mark
    const end = /-----END [A-Z0-9 ]{0,60}-----/.exec(rest.slice(match.index))
    rest = end === null ? "" : rest.slice(match.index + end.index + end[0].length)
  }
  return kept + rest
}

const withoutUserInfo = (text: string): string =>
  text.includes("://") ? text.replaceAll(/(:\/\/[^\s/:@"'<>]*:)[^\s/@"'<>]+(?=@)/g, `$1${mark}`) : text

/** By what they begin with; `sk-` needs a look at the rest, since words begin so too. */
const tokens =
  /(?<![A-Za-z0-9])(?:sk-[\w*-]{8,}|pk-lf-[\w*-]{8,}|[spr]k_(?:live|test)_\w{8,}|whsec_\w{16,}|A[KS]IA[A-Z0-9]{16}(?![A-Za-z0-9])|gh[a-z]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|AIza[\w-]{30,}|ya29\.[\w-]{16,}|SG\.[\w-]{16,}\.[\w-]{16,}|(?:hf|gsk|r8|npm)_\w{20,}|(?:pplx|xai|nvapi|tvly)-[\w-]{20,})|(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}(?:\.[\w-]+){0,3}/g

const schemes = /(?<![A-Za-z])(Bearer|Basic)([ \t]{1,4})([A-Za-z0-9._~+/*-]{8,}=*)/gi

const withoutTokens = (text: string): string =>
  text
    .replaceAll(tokens, (token) =>
      token.startsWith("sk-") && !/[\dA-Z*]/.test(token) && token.length < 19 ? token : mark
    )
    .replaceAll(schemes, (all, scheme: string, space: string, token: string) =>
      /[\d=*]/.test(token) || token.length >= 20 ? scheme + space + mark : all
    )

const strong =
  "(?:api|access|secret|private|account|subscription|master|encryption|signing)[_ -]?key|secret|password|passwd|passphrase|pwd|authorization"

const names = `${strong}|token|credentials?|cookie|[?&](?:key|sig|signature|code)`

const isStrong = new RegExp(`(?:${strong})$`, "i")

const isSecretName = new RegExp(`(?:${names})$`, "i")

/** A name, and what is between it and its value: quotes of JSON, also of JSON within JSON, and what assigns. */
const assignment = new RegExp(
  `(${names})(?: (?:provided|given|used))?["'\\\\]{0,4}[ \\t]{0,2}(=>|[=:])[ \\t]{0,2}((?:Bearer|Basic|Token)[ \\t]{1,4})?`,
  "gi"
)

/** A colon ends a value, unless it goes on. */
const bareValue = /(?:[^\s"'\\,;&<>()[\]{}:]|:(?=[^\s"'\\,;&<>()[\]{}:]))+/y

const quote = /\\{0,3}["']/y

const withoutAssignments = (text: string): string => {
  let kept = ""
  let from = 0
  assignment.lastIndex = 0
  for (let match = assignment.exec(text); match !== null; match = assignment.exec(text)) {
    const [all, name = "", sign, scheme] = match
    const start = match.index + all.length
    const value = valueAt(text, start)
    // Prose has colons too: "unexpected token: end of input".
    const isTold = sign !== ":" || scheme !== undefined || (value.isQuoted && isStrong.test(name))
    if (value.text.length > 2 && (isTold || looksSecret(value.text))) {
      kept += text.slice(from, value.start) + mark
      from = value.start + value.text.length
    }
    // What is no secret may hold the name of the next one.
    assignment.lastIndex = Math.max(from, start)
  }
  return kept + text.slice(from)
}

const valueAt = (text: string, start: number) => {
  quote.lastIndex = start
  const opening = quote.exec(text)?.[0] ?? ""
  const begin = start + opening.length
  const end = opening === "" ? -1 : text.indexOf(opening, begin)
  const quoted = end === -1 ? "" : text.slice(begin, end)
  if (quoted !== "" && !/[\n\r]/.test(quoted)) return { start: begin, text: quoted, isQuoted: true }
  bareValue.lastIndex = begin
  let stop = begin + (bareValue.exec(text)?.[0].length ?? 0)
  // The end of a sentence.
  while (stop > begin && ".!?".includes(text.charAt(stop - 1))) stop--
  return { start: begin, text: text.slice(begin, stop), isQuoted: false }
}

const looksSecret = (value: string): boolean =>
  !value.startsWith("[redacted") && (/[\d*=:]/.test(value) || (value.length >= 16 && !value.includes(" ")))

/** Whether the value of a field is a secret, by the field's name. */
export const isSecretField = (name: string, value: string): boolean =>
  isSecretName.test(name) && value !== mark && value.length > 2 && (isStrong.test(name) || looksSecret(value))

/** What a `data:` URL holds is passed over: it is no text. */
const runs = /base64,[\w+/=-]*|(?<![\w-])[\w-]{32,}/g

/** Ids that carry their kind, UUIDs and trace contexts. */
const ids =
  /^(?:(?:req|resp|msg|call|toolu|run|thread|asst|batch|rs|fc|evt|file|org|chatcmpl|cmpl|gen|fp)[_-]|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$|00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$)/i

/** Letters and digits take turns in what was drawn at random, and hardly ever in words, numbers, dates and versions. */
const withoutRandomness = (text: string): string =>
  text.length < 32
    ? text
    : text.replaceAll(runs, (run) => (run.startsWith("base64,") || ids.test(run) || turns(run) < 5 ? run : mark))

const turns = (run: string): number => run.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g)?.length ?? 0
