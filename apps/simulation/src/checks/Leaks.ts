/** Looks through everything that the library shows, as text and as JSON, for what it must not show. */
import { inspect } from "node:util"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import type { Run } from "../Run.js"
import * as Canary from "../world/Canary.js"
import type { Breach } from "./Breach.js"

const shown = (value: unknown): string =>
  [
    inspect(value, { depth: 10, maxArrayLength: null, maxStringLength: null }),
    // What has no JSON, such as a number of nanoseconds, shows nothing there.
    Either.getOrElse(
      Either.try(() => JSON.stringify(value)),
      () => ""
    )
  ].join("\n")

/** A value, and the canaries that must not be in it: by default all of them. */
interface Place {
  readonly what: string
  readonly value: unknown
  readonly isForbidden?: (kind: string) => boolean
}

const isSecret = (kind: string): boolean => kind === "secret"

/** The service as it stands, its metrics, what one tenant's route comes to, a span that is open, and what its owner may know of its trace. */
const places = (run: Run, tenant: string | undefined): ReadonlyArray<Place> => {
  const { service } = run.process
  const content = service.deadLetters(tenant, { content: true })
  const whose = tenant === undefined ? undefined : run.tenants.get(tenant)
  const { model } = run.process
  if (whose !== undefined) model.plan(whose.settings)
  const handle = run.dice.pick([...run.handles.values()])
  const span = handle && Option.getOrUndefined(Context.getOption(handle.context, Tracer.ParentSpan))
  const owner = handle?.request?.owner
  const explained = () => handle && owner && Effect.runSync(service.explain(owner, handle.span.traceId))
  return [
    { what: "the service", value: service },
    { what: "the status", value: Effect.runSync(service.status) },
    { what: "the metrics", value: run.looksFurther && Metric.unsafeSnapshot() },
    { what: "an explanation", value: run.looksFurther && explained() },
    { what: "the dead letters", value: Effect.runSync(service.deadLetters()) },
    { what: "the dead letters with content", value: Effect.runSync(content), isForbidden: isSecret },
    { what: "a plan", value: whose && service.plan(whose.route), isForbidden: (kind) => kind !== "resource" },
    { what: "a route", value: whose?.route, isForbidden: isSecret },
    { what: "a span", value: span, isForbidden: isSecret }
  ]
}

/** Looks at everything. */
export const breach = (run: Run, tenant: string | undefined): Breach | undefined => {
  for (const { isForbidden = () => true, value, what } of places(run, tenant)) {
    const text = shown(value)
    const canary = Canary.find(text).find(({ kind }) => isForbidden(kind))
    const found = canary?.text ?? Canary.disguised(text)
    if (found !== undefined) return { check: "canary", message: `${found} in ${what}` }
  }
  return undefined
}
