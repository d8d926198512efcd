import type { Destination } from "@tenant-tracer/model/Destination"
import type { VendorError } from "@tenant-tracer/model/Vendor"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"

/** The headers of a destination, for a test to see. */
export const headersOf = ({ auth }: Destination): Record<string, string> =>
  auth._tag === "Headers"
    ? Object.fromEntries(Object.entries(auth.headers).map(([name, value]) => [name, Redacted.value(value)]))
    : {}

/** What went wrong, in words. */
export const problem = (outcome: Either.Either<Destination, VendorError>): string =>
  Either.match(outcome, { onLeft: ({ message }) => message, onRight: () => "nothing" })
