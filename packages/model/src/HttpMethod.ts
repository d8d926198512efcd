/**
 * The methods of HTTP that the OpenTelemetry conventions know; any other would make for too many different values.
 *
 * @since 0.1.0
 */

const known: ReadonlySet<unknown> = new Set([
  "CONNECT",
  "DELETE",
  "GET",
  "HEAD",
  "OPTIONS",
  "PATCH",
  "POST",
  "PUT",
  "QUERY",
  "TRACE"
])

/**
 * Whether a method may stand in a span's name and as `http.request.method`: another is `HTTP` there, and `_OTHER` here.
 *
 * @since 0.1.0
 * @category predicates
 */
export const isKnown = (method: unknown): method is string => known.has(method)
