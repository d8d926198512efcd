/**
 * The pages of `docs/vocabularies`, made from the vocabularies themselves and from what their modules say of them.
 */
import { type AttributeWriter, covers, type Vocabulary } from "@tenant-tracer/model/Vocabulary"
import * as AttributeMap from "../AttributeMap.js"
import * as GatewayKeys from "./gatewayKeys.js"
import { coveredBy } from "./keyTable.js"
import { samples } from "./samples.js"

const note = "<!-- Made from the code: change that, then run `pnpm vocabulary docs`. -->"

/** The prose of a doc comment, without its tags and examples. */
const proseOf = (comment: string): string =>
  (comment.split(/^ \* @/m, 1)[0] ?? "")
    .split("\n")
    .map((line) => line.replace(/^ \* ?/, ""))
    .join("\n")
    .trim()

const commentOf = (module: string): string => proseOf(/^\/\*\*\n([\s\S]*?)\*\//.exec(module)?.[1] ?? "")

/** What a module says of each version, which is `v1_41` or `next` there. */
const versionsOf = (module: string): ReadonlyMap<string, string> =>
  new Map(
    [...module.matchAll(/\/\*\*\n((?:(?!\*\/)[\s\S])*?)\*\/\nexport const (\w+): Vocabulary\b/g)].map(
      ([, comment = "", name = ""]) => [name.replace(/^v(?=\d)/, "").replaceAll("_", "."), proseOf(comment)]
    )
  )

/** The first sentence, on one line. */
const sentenceOf = (prose: string): string => {
  const line = (prose.split("\n\n", 1)[0] ?? "").replaceAll("\n", " ")
  return /^.*?[.:;](?= |$)/.exec(line)?.[0].replace(/[:;]$/, ".") ?? line
}

/** The types of all that a vocabulary writes on the samples, by key. */
const typesOf = (vocabulary: Vocabulary): ReadonlyMap<string, string> => {
  const types = new Map<string, string>()
  const mark = (type: string) => (key: string, value: unknown) => {
    if (value !== undefined) types.set(key, type)
  }
  const out: AttributeWriter = {
    string: mark("string"),
    int: mark("int"),
    double: mark("double"),
    boolean: mark("boolean"),
    strings: mark("string[]"),
    json: mark("JSON text")
  }
  for (const { span } of samples) vocabulary.write(span, out)
  return types
}

const unique = (texts: ReadonlyArray<string>): Array<string> => [...new Set(texts)]

const table = (versions: ReadonlyArray<Vocabulary>): ReadonlyArray<string> => {
  const types = versions.flatMap((one) => [...typesOf(one)])
  const rows = unique(versions.flatMap(({ keys }) => Object.keys(keys))).sort()
  return [
    `| key | type | ${versions.length > 1 ? "versions | " : ""}content | source |`,
    `|---|---|${versions.length > 1 ? "---|" : ""}---|---|`,
    ...rows.map((row) => {
      const having = versions.filter(({ keys }) => Object.hasOwn(keys, row))
      const type = unique(types.flatMap(([key, type]) => (covers(row, key) ? [type] : []))).join(", ")
      const all = having.length === versions.length ? "all" : having.map(({ version }) => version).join(", ")
      const isContent = having.some(({ content }) => content.includes(row) || coveredBy(content, row))
      const source = having[0]?.keys[row] ?? ""
      return `| \`${row}\` | ${type} | ${versions.length > 1 ? `${all} | ` : ""}${isContent ? "yes" : ""} | ${source} |`
    })
  ]
}

const examples = (vocabulary: Vocabulary): ReadonlyArray<string> => {
  const shown = new Set<string>()
  return samples.flatMap(({ span }) => {
    const role = span.data?._tag
    if (role === undefined || shown.has(role)) return []
    shown.add(role)
    const attributes = AttributeMap.collect(vocabulary, span)
    return [`### ${role}`, "", "```json", JSON.stringify(attributes, null, 2), "```", ""]
  })
}

const stars = (versions: ReadonlyArray<Vocabulary>): string => {
  const other = versions.some(({ keys }) => Object.hasOwn(keys, "*")) ? ", `*` for any other that has no dot" : ""
  return `A key that ends in \`.*\` stands for all that begin so${other}.`
}

const page = (name: string, versions: ReadonlyArray<Vocabulary>, newest: Vocabulary, module: string): string => {
  const said = versionsOf(module)
  const list = versions.flatMap(({ schemaUrl, version }) => {
    const prose = (said.get(version) ?? "").replaceAll("\n\n", "\n").replaceAll("\n", "\n  ")
    return [
      `- **${version}**${schemaUrl === undefined ? "" : ` (\`${schemaUrl}\`)`}${prose === "" ? "" : `: ${prose}`}`
    ]
  })
  return [
    note,
    "",
    `# ${name}`,
    "",
    commentOf(module),
    "",
    "## Versions",
    "",
    ...list,
    "",
    "## Keys",
    "",
    `${stars(versions)} Content is what a destination without content does not get.`,
    "",
    ...table(versions),
    "",
    "## Examples",
    "",
    `A span of each role as ${newest.version} writes it, with every field filled.`,
    "",
    ...examples(newest)
  ].join("\n")
}

/** What no vocabulary has to itself. */
const shared: ReadonlyArray<string> = [
  "## What they have in common",
  "",
  "What no convention has a name for is [`gateway.*`](gateway.md). Errors, HTTP and databases are told by the stable OpenTelemetry conventions (1.44):",
  "",
  "- The span of a request is an HTTP server's: method, route, path, scheme, status, the host and port that the caller asked for, the version of HTTP.",
  "  No query, no header and no address of whoever called is recorded.",
  "- The span of a database call is named by its summary, else by its operation and what that is performed on (a collection or a cache's family of",
  "  keys, the namespace, the server). Where only the service and the call are known it is `redis set`. A port that goes without saying is not told,",
  "  nor is the text of a query. `litellm` has its own names, and tells every port.",
  "- A model call is a client span of the GenAI conventions, which has the server's address. The HTTP request inside it is a span of Effect's own",
  "  `HttpClient`: it belongs to no role, so that it goes to the operator alone, under the keys of an HTTP client span (`http.request.method`,",
  "  `http.response.status_code`, `server.address`, `server.port`, `url.full`) and without query and headers. Its name is its method;",
  "  an answer of 400 or more is an error, and its status the `error.type`.",
  ""
]

/** The page of our own namespace, which the tables of vocabularies cite by its sections. */
const gateway = (): string =>
  [
    note,
    "",
    "# gateway.*",
    "",
    "What no convention has a name for, every vocabulary that shows it shows under these keys. A key that ends in `.*` stands for all that begin so.",
    "",
    ...Object.entries(GatewayKeys.sections).flatMap(([section, meanings]) => [
      `## ${section}`,
      "",
      "| key | meaning |",
      "|---|---|",
      ...Object.entries(meanings).map(([key, meaning]) => `| \`${key}\` | ${meaning} |`),
      ""
    ])
  ].join("\n")

/**
 * The pages by file name, `README.md` for the index. `modules` has the text of each module by its name without `.ts`; a vocabulary's is the one that
 * has its name, whatever the case of its letters.
 */
export const pages = (
  all: ReadonlyArray<Vocabulary>,
  modules: ReadonlyMap<string, string>
): ReadonlyMap<string, string> => {
  const made = new Map<string, string>()
  const index: Array<string> = []
  for (const name of unique(all.map((one) => one.name))) {
    const versions = all.filter((one) => one.name === name)
    const module = [...modules].find(([file]) => file.toLowerCase() === name.replaceAll(/[^a-z0-9]/g, ""))?.[1] ?? ""
    for (const newest of versions.slice(0, 1)) made.set(`${name}.md`, page(name, versions, newest, module))
    const titles = versions.map(({ version }) => version).join(", ")
    index.push(`| [${name}](${name}.md) | ${titles} | ${sentenceOf(commentOf(module))} |`)
  }
  const readme = [
    note,
    "",
    "# Vocabularies",
    "",
    "How a span is spelled, one page per vocabulary. A destination names one, or several that agree with each other; without a version it is the first",
    "that stands here.",
    "",
    "| vocabulary | versions | what it is |",
    "|---|---|---|",
    ...index,
    "",
    "`pnpm vocabulary diff genai@1.36 genai@1.41` prints how two of them differ.",
    "",
    ...shared
  ]
  return new Map([["README.md", readme.join("\n")], ...made, ["gateway.md", gateway()]])
}
