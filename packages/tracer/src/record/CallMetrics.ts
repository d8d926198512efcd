/**
 * The GenAI and MCP client metrics of the OpenTelemetry conventions (1.41), as metrics of Effect's: one record where a model call, an MCP call or an
 * MCP session ends, whether or not its trace is sampled. Nothing of them says what was asked or answered.
 *
 * How many series there are is bounded twice: what may be a label at all is named here, and each metric has a ceiling beyond which calls are recorded
 * in one series that says `otel.metric.overflow`. Labels of Effect's are text, also a port; its exporters take the unit from a label `unit`, which
 * stays with the others.
 *
 * @since 0.1.0
 */
import * as McpTransport from "@tenant-tracer/model/McpTransport"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TraceFacts } from "@tenant-tracer/model/TraceFacts"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Series from "../internal/series.js"
import * as Adopters from "./Adopters.js"
import * as Failure from "./Failure.js"
import type { RecordedSpan } from "./RecordedSpan.js"

const seconds = MetricBoundaries.fromIterable([
  0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92
])

const tokens = MetricBoundaries.fromIterable([
  1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864
])

const mcpSeconds = MetricBoundaries.fromIterable([0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300])

/**
 * How long a model call took, in seconds; of one that failed with `error.type`. A call that we ended, because nobody did, has no duration.
 *
 * @since 0.1.0
 * @category metrics
 */
export const operationDuration: Metric.Metric.Histogram<number> = Metric.histogram(
  "gen_ai.client.operation.duration",
  seconds,
  "GenAI operation duration"
)

/**
 * Tokens of a model call by `gen_ai.token.type`, `input` and `output`, where they are known: also of a call that failed or was hung up on.
 *
 * @since 0.1.0
 * @category metrics
 */
export const tokenUsage: Metric.Metric.Histogram<number> = Metric.histogram(
  "gen_ai.client.token.usage",
  tokens,
  "Number of input and output tokens used"
)

/**
 * Seconds from the request to the first chunk of a streamed answer.
 *
 * @since 0.1.0
 * @category metrics
 */
export const timeToFirstChunk: Metric.Metric.Histogram<number> = Metric.histogram(
  "gen_ai.client.operation.time_to_first_chunk",
  seconds,
  "Time to receive the first chunk in a streaming operation"
)

/**
 * Seconds between a chunk of a streamed answer and the one before. What arrives at once is one chunk.
 *
 * @since 0.1.0
 * @category metrics
 */
export const timePerOutputChunk: Metric.Metric.Histogram<number> = Metric.histogram(
  "gen_ai.client.operation.time_per_output_chunk",
  seconds,
  "Time per output chunk after the first chunk in a streaming operation"
)

/**
 * How long a request to an MCP server took, in seconds.
 *
 * @since 0.1.0
 * @category metrics
 */
export const mcpOperationDuration: Metric.Metric.Histogram<number> = Metric.histogram(
  "mcp.client.operation.duration",
  mcpSeconds,
  "The duration of the MCP request or notification as observed on the sender"
)

/**
 * How long a session with an MCP server lasted, in seconds; of one that failed with `error.type`.
 *
 * @since 0.1.0
 * @category metrics
 */
export const mcpSessionDuration: Metric.Metric.Histogram<number> = Metric.histogram(
  "mcp.client.session.duration",
  mcpSeconds,
  "The duration of the MCP session as observed on the MCP client"
)

/**
 * With whom a session is, and how: what its calls say, too.
 *
 * @since 0.1.0
 * @category models
 */
export type McpSession = Pick<
  SpanData.McpToolCall,
  "networkProtocolVersion" | "protocolVersion" | "server" | "transport"
>

type McpCall = SpanData.McpToolCall | SpanData.McpListTools

/** Payloads come from whoever calls, and nobody has checked them: what is read is `unknown`, and the whole is guarded. */
type Reader<Data> = (data: Data, span: RecordedSpan | undefined) => unknown

const modelReaders = {
  "gen_ai.operation.name": ({ operation }) => operation,
  "gen_ai.provider.name": ({ provider }) => provider,
  "gen_ai.request.model": ({ requestModel }) => requestModel,
  "gen_ai.response.model": ({ responseModel }) => responseModel,
  "server.address": ({ server }) => server?.address,
  "server.port": ({ server }) => server?.port
} satisfies Readonly<Record<string, Reader<SpanData.LlmCall>>>

const sessionReaders = {
  "mcp.protocol.version": ({ protocolVersion }) => protocolVersion,
  "network.transport": ({ transport }) => McpTransport.network(transport)?.transport,
  "network.protocol.name": ({ transport }) => McpTransport.network(transport)?.protocol,
  "network.protocol.version": ({ networkProtocolVersion }) => networkProtocolVersion,
  "server.address": ({ server }) => server?.address,
  "server.port": ({ server }) => server?.port
} satisfies Readonly<Record<string, Reader<McpSession>>>

const mcpReaders = {
  ...sessionReaders,
  "mcp.method.name": ({ method }) => method,
  "gen_ai.operation.name": ({ method }) => (method === "tools/call" ? "execute_tool" : undefined),
  "gen_ai.tool.name": (data) => (data._tag === "mcp_tool_call" ? data.tool : undefined),
  "gen_ai.prompt.name": (data) => (data._tag === "mcp_tool_call" ? data.prompt : undefined),
  "rpc.response.status_code": (_, span) => span && Failure.errorOf(span)?.code
} satisfies Readonly<Record<string, Reader<McpCall>>>

const identityReaders = {
  "gateway.team.id": ({ team }) => team?.id,
  "gateway.team.alias": ({ team }) => team?.alias,
  "gateway.key.hash": ({ key }) => key?.hash,
  "gateway.key.alias": ({ key }) => key?.alias,
  "gateway.user.id": ({ user }) => user,
  "gateway.organization.id": ({ organization }) => organization
} satisfies Readonly<Record<string, (facts: TraceFacts) => unknown>>

/**
 * What may be a label: what the conventions want on a metric, and the identities of the tenant. What callers say (the end user, the session, tags) and
 * what each request has anew (ids, a resource's URI) never is.
 *
 * @since 0.1.0
 * @category models
 */
export type Attribute = keyof typeof modelReaders | keyof typeof mcpReaders | keyof typeof identityReaders

/**
 * Which metrics there are is not for choice; what they are told apart by is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Series of one metric, that for all beyond it among them. Default 2,000, as OpenTelemetry has it. */
  readonly maxSeries?: number | undefined
  /** These attributes and no others: the only way to have the tenant's identities (`gateway.*`). Default: all but those. */
  readonly include?: ReadonlyArray<Attribute> | undefined
  /** All but these and the identities; not together with `include`. */
  readonly exclude?: ReadonlyArray<Attribute> | undefined
}

/**
 * Why attributes cannot be chosen so.
 *
 * @since 0.1.0
 * @category models
 */
export interface Misfit {
  readonly path: "include" | "exclude"
  readonly detail: string
}

/** Without them a count of tokens, or of failures, would mean nothing. */
const discriminators: ReadonlySet<string> = new Set(["gen_ai.token.type", "error.type"])

const known: ReadonlySet<string> = new Set(
  [modelReaders, mcpReaders, identityReaders].flatMap((readers) => Object.keys(readers))
)

/**
 * Whether the attributes can be chosen so; the first that cannot is named.
 *
 * @since 0.1.0
 * @category decoding
 */
export const validate = (options: Options): Either.Either<Options, Misfit> => {
  if (options.include !== undefined && options.exclude !== undefined)
    return Either.left({ path: "exclude", detail: "include and exclude are mutually exclusive: leave out one" })
  for (const path of ["include", "exclude"] as const) {
    for (const name of options[path] ?? []) {
      if (discriminators.has(name))
        return Either.left({ path, detail: `"${name}" is a discriminator: it is there always, and not for choice` })
      if (!known.has(name))
        return Either.left({ path, detail: `"${name}" cannot be a label; what can is ${[...known].sort().join(", ")}` })
    }
  }
  return Either.right(options)
}

/**
 * What is told of calls as they are recorded. No function throws.
 *
 * @since 0.1.0
 * @category models
 */
export interface CallMetrics {
  /** A span has ended: one that is no model or MCP call is left alone. */
  readonly ended: (span: RecordedSpan) => void
  /** A further chunk of a streamed answer came, so many seconds after the one before. */
  readonly chunk: (span: RecordedSpan, seconds: number) => void
  /** A session has ended after so many seconds, with an error of this type where it failed. `facts` are those of the request that it was for. */
  readonly session: (session: McpSession, seconds: number, error: string | undefined, facts?: TraceFacts) => void
}

const isLookUp = (operation: unknown): boolean => typeof operation === "string" && operation.endsWith("_management")

type Labels<Data> = (data: Data, facts: TraceFacts, span?: RecordedSpan) => ReadonlyArray<Series.Label>

/**
 * Records into the metrics of this module. `onBad` hears of a payload that throws when it is read.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options, onBad: () => void): CallMetrics => {
  const include = options.include && new Set<string>(options.include)
  const exclude = new Set<string>(options.exclude)
  const isShown = (name: string): boolean =>
    include === undefined ? !exclude.has(name) && !(name in identityReaders) : include.has(name)

  const labelsOf = <Data>(readers: Readonly<Record<string, Reader<Data>>>): Labels<Data> => {
    const shown = Object.entries(readers).filter(([name]) => isShown(name))
    const identities = Object.entries(identityReaders).filter(([name]) => isShown(name))
    return (data, facts, span) => {
      const labels: Array<Series.Label> = []
      const add = (name: string, read: unknown) => {
        const value = Series.valueOf(read)
        if (value !== undefined) labels.push([name, value])
      }
      for (const [name, read] of shown) add(name, read(data, span))
      for (const [name, read] of identities) add(name, read(facts))
      return labels
    }
  }

  const modelLabels = labelsOf<SpanData.LlmCall>(modelReaders)
  const mcpLabels = labelsOf<McpCall>(mcpReaders)
  const sessionLabels = labelsOf<McpSession>(sessionReaders)
  const max = options.maxSeries ?? 2000
  const duration = Series.make(operationDuration, "s", max)
  const usage = Series.make(tokenUsage, "{token}", max)
  const firstChunk = Series.make(timeToFirstChunk, "s", max)
  const outputChunk = Series.make(timePerOutputChunk, "s", max)
  const mcpDuration = Series.make(mcpOperationDuration, "s", max)
  const sessionDuration = Series.make(mcpSessionDuration, "s", max)

  const withError = (labels: ReadonlyArray<Series.Label>, error: string | undefined): ReadonlyArray<Series.Label> =>
    error === undefined ? labels : [...labels, ["error.type", Failure.nameOf(error)]]

  const took = (series: Series.Series, labels: ReadonlyArray<Series.Label>, span: RecordedSpan): void => {
    const { endTime, outcome, startTime } = span
    if (endTime === undefined || outcome?._tag === "unfinished") return
    series(withError(labels, Failure.errorOf(span)?.type), Math.max(0, Number(endTime - startTime) / 1e9))
  }

  const modelCall = (data: SpanData.LlmCall, span: RecordedSpan): void => {
    const labels = modelLabels(data, span.request.facts, span)
    took(duration, labels, span)
    const { operation, streaming, timeToFirstChunk } = data
    // What is only looked up again has been counted, and paid for, when it was made.
    const used = isLookUp(operation) ? undefined : data.usage
    if (used?.inputTokens !== undefined) usage([...labels, ["gen_ai.token.type", "input"]], used.inputTokens)
    if (used?.outputTokens !== undefined) usage([...labels, ["gen_ai.token.type", "output"]], used.outputTokens)
    if (timeToFirstChunk !== undefined && streaming === true) firstChunk(labels, timeToFirstChunk)
  }

  const guarded = (record: () => void): void => {
    try {
      record()
    } catch {
      // A getter or proxy of the caller's.
      onBad()
    }
  }

  const called = (span: RecordedSpan, record: (data: SpanData.SpanData) => void): void => {
    const { role } = span.ancestry
    if (role === undefined || !roles.has(role)) return
    guarded(() => {
      const data = span.data ?? Adopters.dataOf(role, span.attributes)
      if (data !== undefined) record(data)
    })
  }

  return {
    ended: (span) =>
      called(span, (data) => {
        if (data._tag === "llm_call") modelCall(data, span)
        else if (data._tag === "mcp_tool_call" || data._tag === "mcp_list_tools")
          took(mcpDuration, mcpLabels(data, span.request.facts, span), span)
      }),
    chunk: (span, seconds) =>
      called(span, (data) => {
        if (data._tag === "llm_call") outputChunk(modelLabels(data, span.request.facts, span), seconds)
      }),
    session: (session, seconds, error, facts = {}) =>
      guarded(() => sessionDuration(withError(sessionLabels(session, facts), error), Math.max(0, seconds)))
  }
}

const roles: ReadonlySet<string> = new Set(["llm_call", "mcp_tool_call", "mcp_list_tools"])
