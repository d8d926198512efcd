/**
 * What is measured of calls: each metric of the OpenTelemetry conventions (1.41) with their description, unit and buckets, and what gateways call the
 * cost of a request.
 */
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"
import * as Record from "effect/Record"

export interface CallHistogram {
  readonly metric: Metric.Metric.Histogram<number>
  readonly unit: string
}

const seconds = [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92]

const tokens = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864]

/** No convention has these: from a hundredth of a cent to a hundred dollars. */
const dollars = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 50, 100]

const mcpSeconds = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300]

const descriptions = {
  /** Of a model, or of an agent that is a service of its own; of one that failed with `error.type`. One that we ended, because nobody did, has none. */
  "gen_ai.client.operation.duration": ["s", seconds, "GenAI operation duration"],
  /** By `gen_ai.token.type`, `input` and `output`, where they are known: also of a call that failed or was hung up on. */
  "gen_ai.client.token.usage": ["{token}", tokens, "Number of input and output tokens used"],
  /** Where it is known and not nothing. No convention has it; the name is what gateways gave it. */
  "gen_ai.usage.cost": ["USD", dollars, "GenAI request cost"],
  "gen_ai.client.operation.time_to_first_chunk": [
    "s",
    seconds,
    "Time to receive the first chunk in a streaming operation"
  ],
  /** What arrives at once is one chunk. */
  "gen_ai.client.operation.time_per_output_chunk": [
    "s",
    seconds,
    "Time per output chunk after the first chunk in a streaming operation"
  ],
  "mcp.client.operation.duration": [
    "s",
    mcpSeconds,
    "The duration of the MCP request or notification as observed on the sender"
  ],
  "mcp.client.session.duration": ["s", mcpSeconds, "The duration of the MCP session as observed on the MCP client"],
  "mcp.server.operation.duration": [
    "s",
    mcpSeconds,
    "MCP request or notification duration as observed on the receiver from the time it was received until the result or ack is sent"
  ],
  "mcp.server.session.duration": ["s", mcpSeconds, "The duration of the MCP session as observed on the MCP server"]
} as const

export type Name = keyof typeof descriptions

export const table: Readonly<Record<Name, CallHistogram>> = Record.map(
  descriptions,
  ([unit, boundaries, description], name) => ({
    metric: Metric.histogram(name, MetricBoundaries.fromIterable(boundaries), description),
    unit
  })
)
