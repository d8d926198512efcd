/** Why a request was not taken, and what it is answered with. */
import { Data } from "effect"

/** `status` 0 means that nothing can be answered, because the client is gone. */
export class Refused extends Data.TaggedError("Refused")<{
  readonly status: number
  readonly reason: string
  readonly headers?: Readonly<Record<string, string>>
}> {}
