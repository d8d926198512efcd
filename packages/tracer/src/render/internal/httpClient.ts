/**
 * The spans of `@effect/platform`'s HTTP client as the stable conventions have them: it names them in its own way, and says nothing of an answer that
 * is an error.
 */
import * as HttpMethod from "@tenant-tracer/model/HttpMethod"
import type { RecordedSpan } from "../../record/RecordedSpan.js"

const prefix = "http.client "

const methodOf = (name: string): string | undefined => {
  if (!name.startsWith(prefix)) return undefined
  const method = name.slice(prefix.length)
  return HttpMethod.isKnown(method) ? method : undefined
}

/** The name of a span without a role: `http.client GET` is `GET`. */
export const nameOf = (name: string): string => methodOf(name) ?? name

/** The status of an answer that is an error to whoever asked: 400 and more. */
export const refusalOf = ({ attributes, name }: RecordedSpan): string | undefined => {
  const status = methodOf(name) === undefined ? undefined : attributes.get("http.response.status_code")
  return typeof status === "number" && status >= 400 ? String(status) : undefined
}
