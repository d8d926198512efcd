/**
 * The GenAI client metrics and the MCP metrics of the OpenTelemetry conventions (1.41), as metrics of Effect's: one record where a call of a
 * model or of a remote agent, an MCP call, a request that was served over MCP or an MCP session ends, whether or not its trace is sampled. Nothing of
 * them says what was asked or answered.
 *
 * How many series there are is bounded twice: what may be a label at all is named here, and each metric has a ceiling beyond which calls are recorded
 * in one series that says `otel.metric.overflow`. Labels of Effect's are text, also a port, and its exporters take the unit from a label `unit`:
 * `MetricExport` makes of them what the conventions have.
 *
 * @since 0.1.0
 */
import * as McpTransport from "@tenant-tracer/model/McpTransport"
import * as SpanData from "@tenant-tracer/model/SpanData"
import type { TraceFacts } from "@tenant-tracer/model/TraceFacts"
import * as Either from "effect/Either"
import type * as Metric from "effect/Metric"
import * as Record from "effect/Record"
import * as CallHistograms from "../internal/callHistograms.js"
import * as Series from "../internal/series.js"
import * as Adopters from "./Adopters.js"
import * as Failure from "./Failure.js"
import type { RecordedSpan } from "./RecordedSpan.js"

/**
 * The metrics by their names, to be read where no exporter of OpenTelemetry's does: seconds, but for `gen_ai.client.token.usage` in tokens and
 * `gen_ai.usage.cost` in US dollars.
 *
 * @since 0.1.0
 * @category metrics
 */
export const histograms: Readonly<Record<CallHistograms.Name, Metric.Metric.Histogram<number>>> = Record.map(
  CallHistograms.table,
  ({ metric }) => metric
)

/**
 * With whom a session is, and how: what its calls say, too.
 *
 * @since 0.1.0
 * @category models
 */
export type McpSession = Pick<
  SpanData.McpToolCall,
  "jsonrpcVersion" | "networkProtocolVersion" | "protocolVersion" | "server" | "transport"
>

/**
 * What an MCP server was asked, and how.
 *
 * @since 0.1.0
 * @category models
 */
export type McpRequest = Pick<
  SpanData.McpToolCall,
  "jsonrpcVersion" | "method" | "networkProtocolVersion" | "prompt" | "protocolVersion" | "tool" | "transport"
>

/** What the labels of a call of a model, or of a remote agent, are read from. */
type GenAiCall = Pick<SpanData.LlmCall, "requestModel" | "responseModel" | "server"> & {
  readonly operation: string
  readonly provider?: string | undefined
}

type McpCall = SpanData.McpToolCall | SpanData.McpListTools

/** Payloads come from whoever calls, and nobody has checked them: what is read is `unknown`, and the whole is guarded. */
type Reader<Data> = (data: Data, error: SpanData.SpanError | undefined) => unknown

const modelReaders = {
  "gen_ai.operation.name": ({ operation }) => operation,
  "gen_ai.provider.name": ({ provider }) => provider,
  "gen_ai.request.model": ({ requestModel }) => requestModel,
  "gen_ai.response.model": ({ responseModel }) => responseModel,
  "server.address": ({ server }) => server?.address,
  "server.port": ({ server }) => server?.port
} satisfies Readonly<Record<string, Reader<GenAiCall>>>

const networkReaders = {
  "jsonrpc.protocol.version": ({ jsonrpcVersion }) => (jsonrpcVersion === "2.0" ? undefined : jsonrpcVersion),
  "mcp.protocol.version": ({ protocolVersion }) => protocolVersion,
  "network.transport": ({ transport }) => McpTransport.network(transport)?.transport,
  "network.protocol.name": ({ transport }) => McpTransport.network(transport)?.protocol,
  "network.protocol.version": ({ networkProtocolVersion }) => networkProtocolVersion
} satisfies Readonly<Record<string, Reader<Omit<McpSession, "server">>>>

const sessionReaders = {
  ...networkReaders,
  "server.address": ({ server }) => server?.address,
  "server.port": ({ server }) => server?.port
} satisfies Readonly<Record<string, Reader<McpSession>>>

const requestReaders = {
  ...networkReaders,
  "mcp.method.name": ({ method }) => method,
  "gen_ai.operation.name": ({ method }) => (method === "tools/call" ? "execute_tool" : undefined),
  "gen_ai.tool.name": ({ tool }) => tool,
  "gen_ai.prompt.name": ({ prompt }) => prompt,
  "rpc.response.status_code": (_, error) => error?.code
} satisfies Readonly<Record<string, Reader<McpRequest>>>

const callReaders: Readonly<Record<string, Reader<McpCall>>> = { ...sessionReaders, ...requestReaders }

const identityReaders = {
  "gateway.team.id": ({ team }) => team?.id,
  "gateway.team.alias": ({ team }) => team?.alias,
  "gateway.key.hash": ({ key }) => key?.hash,
  "gateway.key.alias": ({ key }) => key?.alias,
  "gateway.user.id": ({ user }) => user,
  "gateway.organization.id": ({ organization }) => organization
} satisfies Readonly<Record<string, (facts: TraceFacts) => unknown>>

/**
 * The ceiling: what may be a label at all, which the operator's choice only narrows. What the conventions want on a metric, and the identities of the tenant. What callers say (the end user, the session, tags) and
 * what each request has anew (ids, a resource's URI) never is.
 *
 * @since 0.1.0
 * @category models
 */
export type Attribute =
  | keyof typeof modelReaders
  | keyof typeof sessionReaders
  | keyof typeof requestReaders
  | keyof typeof identityReaders

/**
 * Which metrics there are is not for choice; what they are told apart by is.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * Series of one metric, the one for all beyond it among them. That one has no attribute but `otel.metric.overflow`: what is in it is counted, and no
   * longer told apart by anything, not by the kind of an error either, and tokens in and out are one sum. Default 2,000, as OpenTelemetry has it.
   */
  readonly maxSeries?: number | undefined
  /**
   * These attributes of the ceiling (`Attribute`) and no others; what is not in the ceiling nobody can name. Default: all of it but the tenant's
   * identities (`gateway.*`), of which there are too many for most.
   */
  readonly include?: ReadonlyArray<Attribute> | undefined
  /** All that are there by default but these; not together with `include`. */
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

/** Nobody can leave them out: a count of tokens that says not which, or of failures, would mean nothing. Only the series beyond the ceiling lacks them. */
const discriminators: ReadonlySet<unknown> = new Set(["gen_ai.token.type", "error.type"])

const known: ReadonlySet<unknown> = new Set(
  [modelReaders, callReaders, identityReaders].flatMap((readers) => Object.keys(readers))
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
    const given: unknown = options[path] ?? []
    if (!Array.isArray(given)) return Either.left({ path, detail: "expected a list of attributes" })
    const names: ReadonlyArray<unknown> = given
    for (const name of names) {
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
  /** A span has ended: one that is no call of a model, of a remote agent or over MCP is left alone. */
  readonly ended: (span: RecordedSpan) => void
  /** A further chunk of a streamed answer came, so many seconds after the one before. */
  readonly chunk: (span: RecordedSpan, seconds: number) => void
  /** What has no span of its own took so many seconds, and failed where there is an error. `facts` are those of the request that it was for. */
  readonly mcp: <Kind extends keyof McpTimes>(
    kind: Kind,
    said: McpTimes[Kind],
    seconds: number,
    error: () => SpanData.SpanError | undefined,
    facts?: TraceFacts
  ) => void
}

/**
 * What is measured without a span, by its metric: sessions outlive the requests that use them, and a request that is served has its root.
 *
 * @since 0.1.0
 * @category models
 */
export interface McpTimes {
  readonly "mcp.client.session.duration": McpSession
  /** The address of a server is what its clients know it by. */
  readonly "mcp.server.session.duration": Omit<McpSession, "server">
  readonly "mcp.server.operation.duration": McpRequest
}

/**
 * As the span says it: the code that JSON-RPC was answered with, where there is one. `tool_error` is of an answer that is none of its errors.
 */
const mcpError = (error: SpanData.SpanError | undefined): string | undefined => error?.code || error?.type

const isLookUp = (operation: unknown): boolean => typeof operation === "string" && operation.endsWith("_management")

type Labels<Data> = (data: Data, facts: TraceFacts, error?: SpanData.SpanError) => ReadonlyArray<Series.Label>

/**
 * Records into the metrics of this module. `onBad` hears of a payload that throws when it is read.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options, onBad: () => void): CallMetrics => {
  const include = options.include ? new Set<string>(options.include) : undefined
  const exclude = new Set<string>(options.exclude)
  const isShown = (name: string): boolean =>
    include === undefined ? !exclude.has(name) && !(name in identityReaders) : include.has(name)

  const labelsOf = <Data>(readers: Readonly<Record<string, Reader<Data>>>): Labels<Data> => {
    const shown = Object.entries(readers).filter(([name]) => isShown(name))
    const identities = Object.entries(identityReaders).filter(([name]) => isShown(name))
    return (data, facts, error) => {
      const labels: Array<Series.Label> = []
      const add = (name: string, read: unknown) => {
        const value = Series.valueOf(read)
        if (value !== undefined) labels.push([name, value])
      }
      for (const [name, read] of shown) add(name, read(data, error))
      for (const [name, read] of identities) add(name, read(facts))
      return labels
    }
  }

  const modelLabels = labelsOf<GenAiCall>(modelReaders)
  const mcpLabels = labelsOf<McpCall>(callReaders)
  const max = options.maxSeries ?? 2000
  const series = Record.map(CallHistograms.table, (histogram) => Series.make(histogram, max))

  const withError = (labels: ReadonlyArray<Series.Label>, error: string | undefined): ReadonlyArray<Series.Label> =>
    error === undefined ? labels : [...labels, ["error.type", Failure.nameOf(error)]]

  const timed = <Kind extends keyof McpTimes>(
    kind: Kind,
    readers: Readonly<Record<string, Reader<McpTimes[Kind]>>>
  ): ((said: McpTimes[Kind], seconds: number, error: SpanData.SpanError | undefined, facts: TraceFacts) => void) => {
    const labels = labelsOf<McpTimes[Kind]>(readers)
    return (said, seconds, error, facts) =>
      series[kind](withError(labels(said, facts, error), mcpError(error)), Math.max(0, seconds))
  }

  const times: { readonly [Kind in keyof McpTimes]: ReturnType<typeof timed<Kind>> } = {
    "mcp.client.session.duration": timed("mcp.client.session.duration", sessionReaders),
    "mcp.server.session.duration": timed("mcp.server.session.duration", networkReaders),
    "mcp.server.operation.duration": timed("mcp.server.operation.duration", requestReaders)
  }

  const took = (
    name: CallHistograms.Name,
    labels: ReadonlyArray<Series.Label>,
    span: RecordedSpan,
    error = Failure.errorOf(span)?.type
  ): void => {
    const { endTime, outcome, startTime } = span
    if (endTime === undefined || outcome?._tag === "unfinished") return
    series[name](withError(labels, error), Math.max(0, Number(endTime - startTime) / 1e9))
  }

  const modelCall = (data: SpanData.LlmCall, span: RecordedSpan): void => {
    const labels = modelLabels(data, span.request.facts)
    took("gen_ai.client.operation.duration", labels, span)
    const { operation, streaming, timeToFirstChunk } = data
    // What is only looked up again has been counted, and paid for, when it was made.
    const { cost, usage: used } = isLookUp(operation) ? {} : data
    const usage = series["gen_ai.client.token.usage"]
    if (used?.inputTokens !== undefined) usage([...labels, ["gen_ai.token.type", "input"]], used.inputTokens)
    if (used?.outputTokens !== undefined) usage([...labels, ["gen_ai.token.type", "output"]], used.outputTokens)
    if (cost?.total !== undefined && cost.total !== 0) series["gen_ai.usage.cost"](labels, cost.total)
    if (timeToFirstChunk !== undefined && streaming === true)
      series["gen_ai.client.operation.time_to_first_chunk"](labels, timeToFirstChunk)
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
        else if (data._tag === "agent" && SpanData.isRemote(data)) {
          // Its tokens would count twice: they are also those of the calls inside it.
          const { operation = "invoke_agent" } = data
          took("gen_ai.client.operation.duration", modelLabels({ ...data, operation }, span.request.facts), span)
        } else if ((data._tag === "mcp_tool_call" || data._tag === "mcp_list_tools") && span.kind !== "server") {
          // Whoever serves it is no client of it, and measures it as a server.
          const error = Failure.errorOf(span)
          took("mcp.client.operation.duration", mcpLabels(data, span.request.facts, error), span, mcpError(error))
        }
      }),
    chunk: (span, seconds) =>
      called(span, (data) => {
        if (data._tag === "llm_call")
          series["gen_ai.client.operation.time_per_output_chunk"](modelLabels(data, span.request.facts), seconds)
      }),
    mcp: (kind, said, seconds, error, facts = {}) => guarded(() => times[kind](said, seconds, error(), facts))
  }
}

const roles: ReadonlySet<string> = new Set(["llm_call", "agent", "mcp_tool_call", "mcp_list_tools"])
