/**
 * Our own namespace, `gateway.*`: every key with what it means, by section of the page that is made from this (`docs/vocabularies/gateway.md`), which
 * the tables of vocabularies cite.
 */

/** The page, from the root of the repository. */
export const page = "docs/vocabularies/gateway.md"

/** What each key means. A key that ends in `.*` stands for all that begin so. */
export const sections = {
  identity: {
    "gateway.team.id": "The team whose request it is.",
    "gateway.team.alias": "What the team is called.",
    "gateway.key.hash": "The hash of the key that the caller showed; never the key.",
    "gateway.key.alias": "What the key is called.",
    "gateway.user.id":
      "The user to whom the key belongs. The end user, on whose behalf the tenant called, is `user.id`.",
    "gateway.organization.id": "The organization to which the team belongs."
  },
  trace: {
    "gateway.trace.name": "What the whole trace is called.",
    "gateway.trace.tags": "Words to find the trace by.",
    "gateway.trace.release": "The release of the tenant's application that called.",
    "gateway.trace.version": "The version of what the tenant tries, such as a model or a prompt.",
    "gateway.trace.metadata.*": "What else the tenant noted of the trace.",
    "gateway.team.metadata.*": "What the operator noted of the team, as far as it may be told.",
    "gateway.prompt.name": "The prompt from which the request was made.",
    "gateway.prompt.version": "That prompt's version."
  },
  errors: {
    "gateway.provider.error.code": "The provider's own code of the error, such as an HTTP status.",
    "gateway.provider.error.stack_trace": "Where in the gateway's code the error came up; the operator's alone.",
    "gateway.provider.error.provider": "The provider that answered with the error."
  },
  calls: {
    "gateway.call_id": "The gateway's own id of the call.",
    "gateway.call_type": "What the gateway calls the kind of call, such as `acompletion`.",
    "gateway.provider.model":
      "The deployment that was chosen behind the model which was asked for; the operator's alone.",
    "gateway.request.attempt": "1 for the first attempt, 2 for the first retry or fall-back, and so on.",
    "gateway.request.route": "The template of the route on which the caller asked for it.",
    "gateway.request.streaming": "Whether the answer was asked for as a stream.",
    "gateway.request.tools.declared": "How many tools the model was offered."
  },
  embeddings: {
    "gateway.embeddings.count": "How many vectors came back."
  },
  cost: {
    "gateway.cost.total": "What the call cost. All costs are in US dollars; zero is a price.",
    "gateway.cost.input": "Of it for what the model read.",
    "gateway.cost.output": "Of it for what the model wrote.",
    "gateway.cost.cache_read": "Of it for what was read from the provider's cache.",
    "gateway.cost.cache_creation": "Of it for what was written to the provider's cache.",
    "gateway.cost.tool_usage": "Of it for the provider's own tools.",
    "gateway.cost.original":
      "What it would have cost without discount and margin; the operator's alone, as are all that follow.",
    "gateway.cost.discount_amount": "By how much it was made cheaper.",
    "gateway.cost.discount_percent": "The same in percent.",
    "gateway.cost.margin_fixed_amount": "What the operator adds to each call.",
    "gateway.cost.margin_percent": "What the operator adds in percent.",
    "gateway.cost.margin_total_amount": "What the operator added in all."
  },
  mcp: {
    "gateway.mcp.server.name": "The name of the MCP server as the gateway knows it."
  },
  guardrails: {
    "gateway.guardrail.name": "The check.",
    "gateway.guardrail.mode": "When it ran: `pre_call`, `during_call`, `post_call`; several joined with a comma.",
    "gateway.guardrail.status": "How it ended: `success`, `guardrail_intervened`, `guardrail_failed_to_respond`, …",
    "gateway.guardrail.action": "What was done: `NONE`, `BLOCKED`, `MASKED`, …",
    "gateway.guardrail.provider": "Who ran the check.",
    "gateway.guardrail.masked_entity_count": "How many entities were masked, of whatever kind.",
    "gateway.guardrail.violation_categories": "What it found.",
    "gateway.guardrail.confidence_score": "How sure it was.",
    "gateway.guardrail.risk_score": "How grave it was.",
    "gateway.guardrail.duration": "How long it took, in seconds.",
    "gateway.guardrail.policy_template": "The policy that it enforced.",
    "gateway.guardrail.id": "Its id in the gateway's configuration.",
    "gateway.guardrail.transaction_id": "Its provider's own id of this run.",
    "gateway.guardrail.detection_method": "How it looked.",
    "gateway.guardrail.cost_in_spend": "Whether `gateway.cost.guardrail` is a part of the model call's cost already.",
    "gateway.guardrail.usage": "What it consumed, as JSON: numbers alone.",
    "gateway.cost.guardrail": "What it cost, in US dollars."
  },
  content: {
    "gateway.guardrail.response": "What the check's provider answered."
  },
  services: {
    "gateway.service.name": "The service as the gateway's catalogue knows it.",
    "gateway.service.call_type": "What was asked of it.",
    "gateway.service.target": "What it was asked about: a table, a family of a cache's keys.",
    "gateway.service.caller": "The part of the gateway that asked; the operator's alone.",
    "gateway.service.families":
      "Of a cache that was asked about several keys at once: their families; the operator's alone.",
    "gateway.service.phase": "The phase of the request, such as `auth /v1/chat/completions`.",
    "gateway.metadata.*": "What else was noted of the call; the operator's alone."
  },
  outcome: {
    "gateway.cancelled": "`true` where the work was interrupted, which is no error.",
    "gateway.unfinished":
      "`true` where the span was still open long after its request had ended, and was ended by the tracer.",
    "gateway.probe": "`true` on the span that asks whether a destination takes spans at all."
  }
} as const

type Sections = typeof sections

type Section = keyof Sections

/** Every key of every section. */
type Key = { [S in Section]: keyof Sections[S] & string }[Section]

const source = (section: string): string => `${page}#${section}`

const sources: ReadonlyMap<string, string> = new Map(
  Object.entries(sections).flatMap(([section, meanings]) => Object.keys(meanings).map((key) => [key, source(section)]))
)

/** Some keys, each with the section of the page that says what it means. */
export const cited = <const K extends Key>(...keys: ReadonlyArray<K>): { readonly [_ in K]: string } =>
  // Object.fromEntries forgets the key type that it was given.
  Object.fromEntries(keys.map((key) => [key, sources.get(key)])) as { readonly [_ in K]: string }

/** The keys of a section. */
export const of = <S extends Section>(section: S): { readonly [_ in keyof Sections[S] & string]: string } =>
  Object.fromEntries(Object.keys(sections[section]).map((key) => [key, source(section)])) as {
    readonly [_ in keyof Sections[S] & string]: string
  }
