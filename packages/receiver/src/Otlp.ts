/** OTLP/HTTP trace bodies: from bytes to plain data, and the answers back to bytes. No server in here. */
import { Either } from "effect"
import { plain as plainValue } from "./internal/attributeValue.js"
import * as JsonBody from "./internal/jsonBody.js"
import type { AnyValue, AttributeValue, Encoding, ExportRequest, ReceivedSpan } from "./internal/otlpModel.js"
import { exportResponse, rpcStatus } from "./internal/otlpSchema.js"
import * as ProtobufBody from "./internal/protobufBody.js"
import { readRequest } from "./internal/readRequest.js"
import { OtlpDecodeError } from "./ReceiverError.js"

export type {
  AnyValue,
  Attributed,
  AttributeValue,
  Encoding,
  Event,
  ExportRequest,
  KeyValue,
  Link,
  ReceivedSpan,
  Resource,
  ResourceSpans,
  Scope,
  ScopeSpans,
  Span
} from "./internal/otlpModel.js"

/**
 * Decodes the body of a trace export, already decompressed. Strict where OTLP is: garbage, truncated bodies, ids of a
 * wrong length or of zeros, ids in base64 (JSON), enum names (JSON) and numbers out of range are refused. Unknown
 * fields are ignored. Never throws.
 *
 * @example
 * ```ts
 * import { Otlp } from "@tenant-tracer/receiver"
 * import { Either } from "effect"
 *
 * const request = Otlp.decode(new TextEncoder().encode(`{"resourceSpans":[]}`), "json")
 * Either.map(request, Otlp.flatten) // Right([])
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode = (body: Uint8Array, encoding: Encoding): Either.Either<ExportRequest, OtlpDecodeError> =>
  Either.try({
    try: () =>
      encoding === "json"
        ? readRequest(JsonBody.parse(body), JsonBody.scalars)
        : readRequest(ProtobufBody.parse(body), ProtobufBody.scalars),
    catch: (cause) =>
      cause instanceof OtlpDecodeError
        ? cause
        : new OtlpDecodeError({ encoding, where: "", what: `cannot be parsed (${String(cause)})` })
  })

/**
 * The spans of a request in the order of the wire, each with its resource and scope.
 *
 * @since 0.1.0
 * @category decoding
 */
export const flatten = (request: ExportRequest): ReadonlyArray<ReceivedSpan> =>
  request.resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ scope, spans }) => spans.map((span) => ({ ...span, resource, scope })))
  )

/**
 * The plain value of a typed one, for looking into `keyValues`.
 *
 * @since 0.1.0
 * @category decoding
 */
export const plain: (value: AnyValue) => AttributeValue = plainValue

/**
 * What a server says about a request of which it kept only a part. With `rejectedSpans` 0 the message is a warning.
 *
 * @since 0.1.0
 * @category models
 */
export interface PartialSuccess {
  readonly rejectedSpans: number
  readonly errorMessage: string
}

/**
 * The body of a 2xx answer: an `ExportTraceServiceResponse`.
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeResponse = (encoding: Encoding, partialSuccess?: PartialSuccess | undefined): Uint8Array => {
  const response = partialSuccess === undefined ? {} : { partialSuccess }
  return encoding === "protobuf"
    ? exportResponse.encode(exportResponse.fromObject(response)).finish()
    : json(
        partialSuccess === undefined
          ? {}
          : { partialSuccess: { ...partialSuccess, rejectedSpans: String(partialSuccess.rejectedSpans) } }
      )
}

/**
 * The body of a 4xx or 5xx answer: a `google.rpc.Status` (`code` is a gRPC code, see `grpcCode`).
 *
 * @since 0.1.0
 * @category encoding
 */
export const encodeStatus = (
  encoding: Encoding,
  status: { readonly code: number; readonly message: string }
): Uint8Array => (encoding === "protobuf" ? rpcStatus.encode(rpcStatus.fromObject(status)).finish() : json(status))

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value))

/**
 * The gRPC code that goes into the `google.rpc.Status` of an HTTP status, as in
 * https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto; 2 (`UNKNOWN`) for what has no counterpart.
 *
 * @since 0.1.0
 * @category encoding
 */
export const grpcCode = (httpStatus: number): number => grpcCodes.get(httpStatus) ?? 2

const grpcCodes: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [401, 16],
  [403, 7],
  [404, 5],
  [405, 12],
  [408, 4],
  [409, 10],
  [413, 8],
  [415, 3],
  [422, 3],
  [429, 8],
  [500, 13],
  [501, 12],
  [502, 14],
  [503, 14],
  [504, 4]
])
