import { RouteNotFound } from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import { describe, expect, it } from "@effect/vitest"
import { InvalidRequest } from "../src/chat/ChatRequest.js"
import { GuardrailBlocked } from "../src/guardrail/Guardrail.js"
import * as OpenAiError from "../src/http/OpenAiError.js"
import { BodyError } from "../src/http/RequestBody.js"
import { KeyError } from "../src/keys/KeyError.js"
import { ModelNotAllowed } from "../src/tenants/Access.js"
import { InvalidSettings } from "../src/tenants/Tenant.js"
import { UpstreamError } from "../src/upstream/UpstreamError.js"

const status = (code: number) =>
  new UpstreamError({ reason: "Status", status: code, cause: "internal-host:8080 said no" })

const failures: ReadonlyArray<
  readonly [OpenAiError.Failure, status: number, code: string | null, param: string | null]
> = [
  [new RouteNotFound({ request: HttpServerRequest.fromWeb(new Request("http://x/y")) }), 404, "unknown_url", null],
  [new BodyError({ reason: "TooLarge", detail: "10" }), 413, "request_too_large", null],
  [new BodyError({ reason: "NotJson", detail: "it is empty" }), 400, "invalid_json", null],
  [new BodyError({ reason: "Aborted", detail: "" }), 400, "incomplete_body", null],
  [new InvalidRequest({ field: "messages[0].role", detail: "no" }), 400, null, "messages[0].role"],
  [new InvalidRequest({ field: "", detail: "no" }), 400, null, null],
  [new ModelNotAllowed({ model: "m" }), 404, "model_not_found", "model"],
  [new GuardrailBlocked({ found: ["EMAIL"] }), 400, "content_blocked", "messages"],
  [new KeyError({ reason: "Missing" }), 401, "invalid_api_key", null],
  [new KeyError({ reason: "Malformed" }), 401, "invalid_api_key", null],
  [new KeyError({ reason: "Unknown" }), 401, "invalid_api_key", null],
  [new KeyError({ reason: "Disabled" }), 401, "invalid_api_key", null],
  [new KeyError({ reason: "Expired" }), 401, "invalid_api_key", null],
  [new KeyError({ reason: "Unavailable" }), 503, "keys_unavailable", null],
  [new InvalidSettings({ tenant: "t", field: "guardrail", detail: "no" }), 500, "tenant_misconfigured", null],
  [new UpstreamError({ reason: "Unreachable", cause: "internal-host:8080" }), 502, "upstream_unreachable", null],
  [new UpstreamError({ reason: "TimedOut" }), 504, "upstream_timeout", null],
  [new UpstreamError({ reason: "Malformed", cause: "internal-host:8080" }), 502, "upstream_malformed", null],
  [new UpstreamError({ reason: "Broken", cause: "internal-host:8080" }), 502, "upstream_broken", null],
  [status(400), 400, "upstream_refused", null],
  [status(422), 400, "upstream_refused", null],
  [
    new UpstreamError({ reason: "Status", status: 400, param: "max_tokens", code: "invalid_value" }),
    400,
    "invalid_value",
    "max_tokens"
  ],
  [status(404), 404, "model_not_found", "model"],
  [status(429), 429, "upstream_rate_limited", null],
  // The gateway's own key is wrong: no fault of the caller's.
  [status(401), 502, "upstream_status", null],
  [status(403), 502, "upstream_status", null],
  [status(500), 502, "upstream_status", null],
  [status(302), 502, "upstream_status", null]
]

describe("a failure, as OpenAI's clients read it", () => {
  for (const [failure, expected, code, param] of failures) {
    it(`${failure._tag} "${failure.message.slice(0, 50)}" is a ${expected}`, () => {
      const { error, status } = OpenAiError.refusalOf(failure)
      expect([status, error.code, error.param]).toEqual([expected, code, param])
      expect(error.message).not.toBe("")
      expect(error.message).not.toContain("internal-host")
      expect(error.type).toBe(
        expected >= 500
          ? failure._tag === "UpstreamError"
            ? "upstream_error"
            : "server_error"
          : expected === 429
            ? "rate_limit_error"
            : "invalid_request_error"
      )
    })
  }

  it("hands on how long to wait", () => {
    const busy = new UpstreamError({ reason: "Status", status: 429, retryAfter: "7" })
    expect(OpenAiError.toResponse(busy).headers["retry-after"]).toBe("7")
    expect(OpenAiError.toResponse(status(429)).headers["retry-after"]).toBeUndefined()
  })

  it("is JSON with its status, and a mistake of ours says nothing of itself", () => {
    const response = OpenAiError.toResponse(new KeyError({ reason: "Missing" }))
    expect([response.status, response.headers["content-type"]]).toEqual([401, "application/json"])
    expect(OpenAiError.internal.status).toBe(500)
  })
})
