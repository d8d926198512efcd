/** Who plays in the demo: three tenants, each with a back end of another vendor, credentials of this run, and canaries. */
import { randomBytes } from "node:crypto"
import type * as Receiver from "@tenant-tracer/receiver/Receiver"
import * as VendorRules from "@tenant-tracer/receiver/VendorRules"
import type { Definition } from "../tenants/Tenant.js"
import type { Canary } from "./Canaries.js"

/** A tenant of the demo. */
export interface Tenant {
  readonly id: string
  /** Its vendor's name, as stored and as read. */
  readonly vendor: string
  readonly title: string
  /** Whether its own back end is shown its prompts and answers. */
  readonly content: "none" | "full"
  /** What its back end asks of whoever delivers. */
  readonly account: Receiver.Account
  /** What is stored about it, once it is known where its back end listens. */
  readonly definition: (origin: string) => Definition
  readonly virtualKey: string
  readonly canary: (what: string, isSecret?: boolean) => Canary
  /** The span that a caller of this tenant is in already, as a `traceparent`; its ids are canaries too. */
  readonly traceparent: () => string
  /** All of its canaries so far. */
  readonly canaries: ReadonlyArray<Canary>
}

/** Twenty random letters: no guardrail takes them for anything, and no encoding by chance contains them. */
const letters = (): string => Array.from(randomBytes(20), (byte) => String.fromCharCode(97 + (byte % 26))).join("")

const makeCanaries = (owner: string) => {
  const canaries: Array<Canary> = []
  const add = (what: string, text: string, isSecret: boolean): Canary => {
    const canary = { owner, what, text, isSecret }
    canaries.push(canary)
    return canary
  }
  return {
    canaries,
    canary: (what: string, isSecret = false) => add(what, `${owner}-${letters()}`, isSecret),
    traceparent: () => {
      const id = (what: string, bytes: number) =>
        add(`${what} id of its caller`, randomBytes(bytes).toString("hex"), false)
      return `00-${id("trace", 16).text}-${id("span", 8).text}-01`
    }
  }
}

const make = (options: {
  readonly id: string
  readonly name: string
  readonly vendor: string
  readonly title: string
  readonly content: "none" | "full"
  readonly rules: VendorRules.VendorRules
  readonly headers: (secret: (what: string) => string) => {
    readonly headers: Readonly<Record<string, string>>
    readonly credentials: (origin: string) => object
  }
}): Tenant => {
  const { canaries, canary, traceparent } = makeCanaries(options.id)
  const { headers, credentials } = options.headers((what) => canary(what).text)
  return {
    id: options.id,
    vendor: options.vendor,
    title: options.title,
    content: options.content,
    account: { id: options.id, headers, rules: options.rules },
    definition: (origin) => ({
      id: options.id,
      name: options.name,
      destinations: [
        { name: "main", vendor: options.vendor, credentials: credentials(origin), content: options.content }
      ]
    }),
    virtualKey: `sk-gw-${canary("virtual key", true).text}`,
    canary,
    traceparent,
    canaries
  }
}

const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`

/** The tenants of a run. Every credential is new. */
export const cast = (): ReadonlyArray<Tenant> => [
  make({
    id: "acme",
    name: "Acme Rockets",
    vendor: "langfuse_otel",
    title: "Langfuse",
    content: "full",
    rules: VendorRules.langfuse,
    headers: (secret) => {
      const publicKey = secret("Langfuse public key")
      const secretKey = secret("Langfuse secret key")
      return {
        headers: { authorization: basic(publicKey, secretKey) },
        credentials: (host) => ({ publicKey, secretKey, host })
      }
    }
  }),
  make({
    id: "globex",
    name: "Globex Industries",
    vendor: "arize",
    title: "Arize AX",
    content: "none",
    rules: VendorRules.arize,
    headers: (secret) => {
      const apiKey = secret("Arize API key")
      const spaceId = secret("Arize space")
      return {
        headers: { authorization: apiKey, "arize-space-id": spaceId },
        credentials: (endpoint) => ({ apiKey, spaceId, project: "globex-chat", endpoint })
      }
    }
  }),
  make({
    id: "initech",
    name: "Initech",
    vendor: "arize_phoenix",
    title: "Phoenix",
    content: "none",
    rules: VendorRules.phoenix,
    headers: (secret) => {
      const apiKey = secret("Phoenix API key")
      return {
        headers: { authorization: `Bearer ${apiKey}` },
        credentials: (endpoint) => ({ apiKey, project: "initech-chat", endpoint })
      }
    }
  })
]

/** Somebody who is no tenant: nobody may receive a canary of theirs. */
export const stranger = () => makeCanaries("nobody")
