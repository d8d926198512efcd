/** Looks through everything that the library shows, as text and as JSON, for what it must not show. */
import { inspect } from "node:util"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import * as Context from "effect/Context"
import type { Run } from "../Run.js"
import * as Canary from "../world/Canary.js"

const shown = (value: unknown): string =>
  [
    inspect(value, { depth: 10, maxArrayLength: null, maxStringLength: null }),
    // What has no JSON, such as a number of nanoseconds, shows nothing there.
    Either.getOrElse(
      Either.try(() => JSON.stringify(value)),
      () => ""
    )
  ].join("\n")

/** No canary of these kinds may be in a value; by default none at all. */
const seek = (run: Run, what: string, value: unknown, isForbidden: (kind: string) => boolean = () => true): void => {
  const text = shown(value)
  const canary = Canary.find(text).find(({ kind }) => isForbidden(kind))
  const found = canary?.text ?? Canary.disguised(text)
  if (found !== undefined) run.onBreach("canary", `${found} in ${what}`)
}

const isSecret = (kind: string): boolean => kind === "secret"

/** Looks at the service as it stands, at what one tenant's route comes to, and at a span that is open. */
export const look = (run: Run, tenant: string | undefined): void => {
  const { service } = run.process
  seek(run, "the service", service)
  seek(run, "the status", Effect.runSync(service.status))
  seek(run, "the dead letters", Effect.runSync(service.deadLetters()))
  seek(run, "the dead letters with content", Effect.runSync(service.deadLetters(tenant, { content: true })), isSecret)
  const route = tenant === undefined ? undefined : run.tenants.get(tenant)?.route
  if (route !== undefined) {
    seek(run, `the plan of ${tenant}`, service.plan(route), (kind) => kind !== "resource")
    seek(run, `the route of ${tenant}`, route, isSecret)
  }
  const handle = run.dice.pick([...run.handles.values()])
  if (handle !== undefined)
    seek(run, "a span", Option.getOrUndefined(Context.getOption(handle.context, Tracer.ParentSpan)), isSecret)
}
