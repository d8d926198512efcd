/** Every failure of the gateway as OpenAI's clients read it: `{"error":{"message","type","param","code"}}` and a status. */
import type { RouteNotFound } from "@effect/platform/HttpServerError"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type { InvalidRequest } from "../chat/ChatRequest.js"
import type { GuardrailBlocked } from "../guardrail/Guardrail.js"
import type { KeyError } from "../keys/KeyError.js"
import type { ModelNotAllowed } from "../tenants/Access.js"
import type { InvalidSettings } from "../tenants/Tenant.js"
import type { UpstreamError } from "../upstream/UpstreamError.js"
import type { BodyError } from "./RequestBody.js"

/** Everything that a route may fail with. */
export type Failure =
  | RouteNotFound
  | BodyError
  | InvalidRequest
  | GuardrailBlocked
  | KeyError
  | InvalidSettings
  | UpstreamError
  | ModelNotAllowed

/** The body of a refusal. */
export interface Body {
  readonly message: string
  readonly type: string
  readonly param: string | null
  readonly code: string | null
}

interface Refusal {
  readonly status: number
  readonly error: Body
  readonly headers?: Readonly<Record<string, string>>
}

const refusal = (
  status: number,
  type: string,
  code: string | null,
  message: string,
  param: string | null = null
): Refusal => ({ status, error: { message, type, param, code } })

const ofUpstream = (error: UpstreamError): Refusal => {
  const status = error.status ?? 0
  if (status === 429) {
    const headers = error.retryAfter === undefined ? {} : { "retry-after": error.retryAfter }
    return { ...refusal(429, "rate_limit_error", "upstream_rate_limited", error.message), headers }
  }
  if (error.reason === "TimedOut") return refusal(504, "upstream_error", "upstream_timeout", error.message)
  if (status === 404)
    return refusal(404, "invalid_request_error", "model_not_found", "The model server has no such model", "model")
  // Whatever else it refuses may be the request's fault (400, 422, …) or ours (401, 403, 407).
  return status >= 400 && status < 500 && status !== 401 && status !== 403 && status !== 407
    ? refusal(400, "invalid_request_error", error.code ?? "upstream_refused", error.message, error.param)
    : refusal(502, "upstream_error", `upstream_${error.reason.toLowerCase()}`, error.message)
}

const bodyStatus = { TooLarge: 413, NotJson: 400, Aborted: 400 } as const
const bodyCode = { TooLarge: "request_too_large", NotJson: "invalid_json", Aborted: "incomplete_body" } as const

/** What a caller is told. */
export const refusalOf = (failure: Failure): Refusal => {
  switch (failure._tag) {
    case "RouteNotFound":
      return refusal(
        404,
        "invalid_request_error",
        "unknown_url",
        "Unknown request URL: see GET /v1/models and POST /v1/chat/completions"
      )
    case "BodyError":
      return refusal(bodyStatus[failure.reason], "invalid_request_error", bodyCode[failure.reason], failure.message)
    case "InvalidRequest":
      return refusal(400, "invalid_request_error", null, failure.message, failure.field === "" ? null : failure.field)
    case "ModelNotAllowed":
      return refusal(404, "invalid_request_error", "model_not_found", failure.message, "model")
    case "GuardrailBlocked":
      return refusal(400, "invalid_request_error", "content_blocked", failure.message, "messages")
    case "KeyError":
      return failure.reason === "Unavailable"
        ? refusal(503, "server_error", "keys_unavailable", failure.message)
        : refusal(401, "invalid_request_error", "invalid_api_key", failure.message)
    case "InvalidSettings":
      return refusal(500, "server_error", "tenant_misconfigured", failure.message)
    case "UpstreamError":
      return ofUpstream(failure)
  }
}

/** The answer to a request that failed. */
export const toResponse = (failure: Failure): HttpServerResponse.HttpServerResponse => {
  const { status, error, headers } = refusalOf(failure)
  return HttpServerResponse.unsafeJson({ error }, { status, headers })
}

/** The answer to a request that met a mistake of ours; it says nothing of it. */
export const internal = HttpServerResponse.unsafeJson(
  { error: refusal(500, "server_error", null, "The gateway made a mistake; it has been logged").error },
  { status: 500 }
)
