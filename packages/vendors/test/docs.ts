/** `docs/vendors.md`, written from what the vendors say of themselves. */
import type { Vendor } from "@tenant-tracer/model/Vendor"

const code = (text: string): string => `\`${text}\``

const codes = (texts: Iterable<string>): string => Array.from(texts, code).join(", ")

const hosts = { fixed: "no", optional: "it may", required: "it has to" }

const vocabularies = ({ vocabularies }: Vendor): string =>
  codes(vocabularies.map(({ name, version }) => (version === undefined ? name : `${name} ${version}`)))

const compressions = ({ compressions }: Vendor): string =>
  compressions.length === 0 ? "none" : `${codes(compressions)}; it is sent the first`

const limits = ({ limits }: Vendor): string => {
  const { lengthUnit = "characters" } = limits
  return [
    limits.bytesPerRequest && `${limits.bytesPerRequest.toLocaleString("en")} bytes a request`,
    limits.requestsPerMinute && `${limits.requestsPerMinute.toLocaleString("en")} requests a minute`,
    limits.valueLength && `${limits.valueLength.toLocaleString("en")} ${lengthUnit} a value`,
    limits.keyLength && `${limits.keyLength.toLocaleString("en")} ${lengthUnit} a name`,
    limits.attributes && `${limits.attributes} attributes a span`,
    limits.listLength && `${limits.listLength} entries a list`,
    limits.oldestSpan && `spans that ended at most ${limits.oldestSpan / 60} minutes ago`
  ]
    .filter((limit) => typeof limit === "string")
    .join(", ")
}

const table = (heads: readonly [string, string], rows: Readonly<Record<string, string>>): ReadonlyArray<string> =>
  Object.keys(rows).length === 0
    ? []
    : [
        `| ${heads.join(" | ")} |`,
        "|---|---|",
        ...Object.entries(rows).map(([name, value]) => `| ${code(name)} | ${value} |`),
        ""
      ]

const section = (vendor: Vendor): ReadonlyArray<string> => [
  `### ${vendor.title}`,
  "",
  `${code(vendor.name)}, as of ${vendor.readOn}: <${vendor.page}>`,
  "",
  `- Credentials: ${vendor.fields.map(({ isOptional, name }) => code(name) + (isOptional ? " (optional)" : "")).join(", ")}`,
  `- Endpoint: ${codes(vendor.endpoint.split(", "))}`,
  `- A tenant names the host: ${hosts[vendor.host]}`,
  `- Encodings: ${codes(vendor.protocols)}; it is sent the first`,
  `- Compressions: ${compressions(vendor)}`,
  `- Vocabularies: ${vocabularies(vendor)}`,
  `- Limits: ${limits(vendor) || "none are known"}`,
  `- Success: ${vendor.success}`,
  `- A span whose parent never comes: ${vendor.orphans}`,
  ...vendor.notes.map((note) => `- ${note}`),
  "",
  ...table(["header", "what is in it"], vendor.headers),
  ...table(["resource attribute", "what is in it"], vendor.resource),
  ...table(
    ["region", "where that is, and its endpoint"],
    Object.fromEntries(
      Object.entries(vendor.regions).map(([name, { endpoint, region }]) => [name, `${code(region)}, <${endpoint}>`])
    )
  ),
  ...table(["host", "where that is"], vendor.hosts),
  ...table(
    ["field", "the operator's variables, the first that is set"],
    Object.fromEntries(Object.entries(vendor.environment).map(([field, names]) => [field, codes(names)]))
  ),
  ...table(["field", "else the header of `OTEL_EXPORTER_OTLP_TRACES_HEADERS`"], vendor.environmentHeaders)
]

const tiers: ReadonlyArray<readonly [Vendor["tier"], heading: string, text: string]> = [
  [
    "contract",
    "Tested against their contract",
    "What these want is played by a receiver, refusals and all: a whole request is sent to each installation, and where no page says what becomes of a span whose parent never comes, what is played is that it is never shown."
  ],
  ["cited", "By their page", "What these want is what the page says that is named."],
  [
    "unverified",
    "Unverified",
    "No page of their own says what these want. They are not offered: whoever knows better takes one from `Vendors.unverified`."
  ]
]

export const markdown = (vendors: ReadonlyArray<Vendor>): string => {
  const lines = [
    "<!-- Written from the code: npx vitest run --project vendors packages/vendors/test/docs.test.ts --update -->",
    "",
    "# Vendors",
    "",
    "The back ends that `Vendors.destination(name, credentials)` makes a destination of. A field of the credentials that is missing or wrong is an error that",
    "names it, and so is one that is unknown, unless it is empty, as forms send what nobody filled in. Nothing is read from the environment but for the operator, by `Vendors.config(name)`.",
    "",
    "| vendor | name | known by | a tenant names the host | encodings | vocabularies | regions |",
    "|---|---|---|---|---|---|---|",
    ...vendors.map((vendor) => {
      const places = [...Object.values(vendor.regions).map(({ region }) => region), ...Object.values(vendor.hosts)]
      const regions = [...new Set(places)]
      return `| [${vendor.title}](#${anchor(vendor.title)}) | ${code(vendor.name)} | ${vendor.tier} | ${hosts[vendor.host]} | ${codes(vendor.protocols)} | ${vocabularies(vendor)} | ${codes(regions)} |`
    }),
    "",
    ...tiers.flatMap(([tier, heading, text]) => [
      `## ${heading}`,
      "",
      text,
      "",
      ...vendors.filter((vendor) => vendor.tier === tier).flatMap(section)
    ])
  ]
  return `${lines.join("\n").trimEnd()}\n`
}

/** As the usual renderers of Markdown name a heading. */
const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\w\s-]/g, "")
    .replaceAll(" ", "-")
