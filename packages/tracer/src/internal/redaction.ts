/**
 * What is taken out of the copies of one destination: by the operator's rules, by the destination's own, and by the operator's effect.
 */
import * as PayloadReader from "@tenant-tracer/model/PayloadReader"
import * as Redaction from "@tenant-tracer/model/Redaction"
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redactor from "../render/Redactor.js"
import type { View } from "../render/TenantView.js"
import type { RedactionConfig } from "../TracingConfig.js"

/** The part of a view that is about redaction. `owner` is the tenant whose destination it is; the operator has none. */
export const of = (
  config: RedactionConfig | undefined,
  audience: View["audience"],
  owner: string | undefined,
  own: Redaction.Rules = Redaction.none
): Pick<View, "redactor" | "redact"> => {
  const ours = config !== undefined && (audience !== "operator" || config.scope !== "tenants") ? config : undefined
  const rules: Redaction.Rules = ours === undefined ? own : Redaction.union(ours, own)
  const hash = config?.hashKey && Redactor.hasher(config.hashKey, owner === undefined ? "operator" : `tenant ${owner}`)
  return {
    redactor: Redactor.make(rules, hash),
    redact: ours?.effect && guarded(ours.effect, ours.deadline ?? "1 second")
  }
}

/** Whatever it does, it answers in time: with a payload of the same role, or with nothing. */
const guarded =
  (effect: NonNullable<RedactionConfig["effect"]>, deadline: Duration.DurationInput): View["redact"] =>
  (data) =>
    Effect.suspend(() => effect(data)).pipe(
      Effect.interruptible,
      // What cannot be interrupted is not waited for either.
      Effect.disconnect,
      Effect.timeout(deadline),
      Effect.map((answer) => (isPayload(data, answer) ? answer : undefined)),
      Effect.catchAllCause(() => Effect.succeed(undefined))
    )

const isPayload = (data: SpanData.Read, answer: unknown): answer is SpanData.Read =>
  PayloadReader.fits(data._tag, answer)
