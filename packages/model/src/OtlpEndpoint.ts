/**
 * The URL of a signal, from the base URL of an OTLP collector: for operators, who write `http://collector:4318`. A
 * tenant's destination is a full URL already, and is sent to as it is.
 *
 * @since 0.1.0
 */

const known = /\/v1\/(?:traces|metrics|logs)$/

const path = (signal: "traces" | "metrics" | "logs", url: string): string => {
  if (url.trim() === "") return url
  const end = url.search(/[?#]/)
  const query = end === -1 ? "" : url.slice(end)
  let base = end === -1 ? url : url.slice(0, end)
  while (base.endsWith("/")) base = base.slice(0, -1)
  // Splunk's own path for traces, taken as it is.
  if (signal === "traces" && base.includes("/v2/trace/otlp")) return base + query
  return `${base.replace(known, "")}/v1/${signal}${query}`
}

/**
 * The URL for traces: the path is appended, or put in the place of another signal's; a query stays behind it. Empty
 * text stays empty.
 *
 * @since 0.1.0
 * @category conversions
 */
export const traces = (url: string): string => path("traces", url)

/**
 * The URL for metrics, likewise.
 *
 * @since 0.1.0
 * @category conversions
 */
export const metrics = (url: string): string => path("metrics", url)

/**
 * The URL for logs, likewise.
 *
 * @since 0.1.0
 * @category conversions
 */
export const logs = (url: string): string => path("logs", url)
