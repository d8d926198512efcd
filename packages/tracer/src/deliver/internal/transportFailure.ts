/**
 * Tells what went wrong with a connection from what Node and undici throw, without repeating their text.
 */
import * as Url from "../../internal/url.js"
import type { TransportError } from "../Transport.js"

/**
 * Host and port of a URL; nothing that could be a credential.
 */
export const hostOf = (url: string): string => Url.parse(url)?.host ?? "an endpoint that is no URL"

/** The code of an error of ours: no address that a name resolved to may be reached. */
export const refusedCode = "TENANT_TRACER_REFUSED"

/** The code of an error of ours: the egress proxy did not open a way; `status` is its answer, if there was one. */
export const proxyCode = "TENANT_TRACER_PROXY"

const byCode: Readonly<Record<string, TransportError["reason"]>> = {
  [refusedCode]: "refused",
  [proxyCode]: "proxy",
  ECONNREFUSED: "connect",
  UND_ERR_CONNECT_TIMEOUT: "connect",
  ETIMEDOUT: "timeout",
  UND_ERR_HEADERS_TIMEOUT: "timeout",
  UND_ERR_BODY_TIMEOUT: "timeout",
  ECONNRESET: "reset",
  EPIPE: "reset",
  UND_ERR_SOCKET: "reset",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "reset",
  // Undici's parser takes it that an answer keeps to HTTP: a status below 100, an upgrade that nobody asked for.
  ERR_ASSERTION: "reset",
  UND_ERR_HEADERS_OVERFLOW: "response_too_large",
  UND_ERR_DESTROYED: "aborted",
  UND_ERR_CLOSED: "aborted",
  UND_ERR_ABORTED: "aborted",
  EPROTO: "tls",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls",
  UNABLE_TO_GET_ISSUER_CERT: "tls",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls",
  CERT_HAS_EXPIRED: "tls"
}

const reasonOfCode = (code: string): TransportError["reason"] | undefined => {
  if (Object.hasOwn(byCode, code)) return byCode[code]
  if (code.startsWith("ERR_SSL") || code.startsWith("ERR_TLS") || code.startsWith("ERR_OSSL")) return "tls"
  // The parser's codes: what answered stopped in the middle of it.
  if (code.startsWith("HPE_")) return "reset"
  return undefined
}

// What the system refused: a name, a route, a file handle. All of them may pass.
const reasonOfCall = (syscall: unknown): TransportError["reason"] =>
  syscall === "read" || syscall === "write" ? "reset" : "connect"

/**
 * The reason, from the error's code or that of its cause (`fetch` wraps it; several addresses give an `AggregateError`, which has a code too).
 * What has neither a known code nor a system call was wrong with the request itself: `other`.
 */
export const reasonOf = (error: unknown): TransportError["reason"] => {
  let current = error
  for (let depth = 0; depth < 4 && typeof current === "object" && current !== null; depth++) {
    // Undici's, which has no code: what answered does not speak HTTP.
    if ("name" in current && current.name === "HTTPParserError") return "reset"
    const reason = "code" in current && typeof current.code === "string" ? reasonOfCode(current.code) : undefined
    if (reason !== undefined) return reason
    if ("syscall" in current) return reasonOfCall(current.syscall)
    current = "cause" in current ? current.cause : undefined
  }
  return "other"
}

/**
 * What the egress proxy answered, where it is the proxy that failed.
 */
export const proxyStatusOf = (error: unknown): number | undefined =>
  error instanceof Error && "code" in error && error.code === proxyCode && "status" in error
    ? Number(error.status) || undefined
    : undefined
