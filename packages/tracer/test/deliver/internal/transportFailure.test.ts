import { expect, it } from "@effect/vitest"
import * as transportFailure from "../../../src/deliver/internal/transportFailure.js"
import { TunnelError } from "../../../src/deliver/internal/tunnel.js"

const error = (fields: object): Error => Object.assign(new Error("Bearer secret"), fields)

it("tells what went wrong from codes and system calls, through the errors that wrap them", () => {
  const cases = [
    [error({ code: "ECONNREFUSED" }), "connect"],
    [error({ code: "ENOTFOUND", syscall: "getaddrinfo" }), "connect"],
    [error({ code: "EMFILE", syscall: "connect" }), "connect"],
    [error({ code: "UND_ERR_CONNECT_TIMEOUT" }), "connect"],
    [error({ code: "ETIMEDOUT", syscall: "connect" }), "timeout"],
    [error({ code: "ECONNRESET", syscall: "read" }), "reset"],
    [error({ code: "ENETRESET", syscall: "write" }), "reset"],
    [error({ code: "HPE_INVALID_CONSTANT" }), "reset"],
    [error({ name: "HTTPParserError", code: undefined, data: "secret" }), "reset"],
    [error({ code: "ERR_ASSERTION" }), "reset"],
    [error({ code: "UND_ERR_HEADERS_OVERFLOW" }), "response_too_large"],
    [error({ code: "UND_ERR_DESTROYED" }), "aborted"],
    [error({ code: "ERR_TLS_CERT_ALTNAME_INVALID" }), "tls"],
    [error({ code: "CERT_HAS_EXPIRED" }), "tls"],
    [error({ cause: error({ cause: error({ code: "ECONNRESET" }) }) }), "reset"],
    [new TunnelError(407), "proxy"],
    [error({ cause: new TunnelError() }), "proxy"],
    [error({ code: "ERR_INVALID_CHAR" }), "other"],
    [error({ code: "constructor" }), "other"],
    [error({ code: 7 }), "other"],
    ["ECONNRESET", "other"],
    [null, "other"]
  ] as const
  for (const [given, reason] of cases) expect(transportFailure.reasonOf(given)).toBe(reason)
})

it("tells what the egress proxy answered, and nothing of anybody else", () => {
  expect(transportFailure.proxyStatusOf(new TunnelError(407))).toBe(407)
  for (const other of [new TunnelError(), error({ code: "ECONNRESET", status: 407 }), null, "407"])
    expect(transportFailure.proxyStatusOf(other)).toBeUndefined()
})

it("is not caught in a circle of causes", () => {
  const circle = error({})
  circle.cause = circle
  expect(transportFailure.reasonOf(circle)).toBe("other")
})

it("names the host of a URL and nothing else of it", () => {
  expect(transportFailure.hostOf("https://user:secret@example.test:8443/secret?key=secret")).toBe("example.test:8443")
  expect(transportFailure.hostOf("secret")).toBe("an endpoint that is no URL")
})
