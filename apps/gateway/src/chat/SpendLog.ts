/** What each request used, written beside the request: the answer does not wait for it, and closing the gateway waits for what is under way. */
import { randomUUID } from "node:crypto"
import * as SqlClient from "@effect/sql/SqlClient"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"

/** One request. `cancelled`: the client went away before the end. */
export interface Entry {
  readonly tenant: string
  readonly keyHash: string
  readonly model: string
  readonly outcome: "answered" | "blocked" | "failed" | "cancelled"
  readonly inputTokens: number
  readonly outputTokens: number
}

/** Writes the spend log. */
export class SpendLog extends Effect.Service<SpendLog>()("gateway/SpendLog", {
  scoped: Effect.gen(function* () {
    const sql = yield* SqlClient.SqlClient
    const writing = yield* FiberSet.make()
    yield* Effect.addFinalizer(() => FiberSet.awaitEmpty(writing))

    const insert = Effect.fn("SpendLog.insert")(function* (entry: Entry) {
      yield* sql`INSERT INTO spend_log ${sql.insert({
        id: randomUUID(),
        tenant_id: entry.tenant,
        key_hash: entry.keyHash,
        model: entry.model,
        outcome: entry.outcome,
        input_tokens: entry.inputTokens,
        output_tokens: entry.outputTokens,
        finished_at: DateTime.formatIso(yield* DateTime.now)
      })}`
    })

    /** Begins to write an entry. A failure is logged and costs the request nothing. */
    const record = (entry: Entry): Effect.Effect<void> =>
      insert(entry).pipe(
        Effect.catchAllCause((cause) => Effect.logError("A spend-log entry could not be written", cause)),
        FiberSet.run(writing),
        Effect.asVoid
      )

    return { record } as const
  })
}) {}
