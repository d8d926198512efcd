/** Steps of whoever runs the gateway: time passes, destinations are paused, letters replayed, processes come and go. */
import * as Effect from "effect/Effect"
import { DestinationId } from "tenant-tracer"
import * as Leaks from "../checks/Leaks.js"
import * as Trees from "../checks/Trees.js"
import type { Run } from "../Run.js"
import { type Draft, kind } from "./Step.js"

interface Place {
  readonly tenant: string
  readonly name: string
}

const idOf = ({ name, tenant }: Place): DestinationId.DestinationId => DestinationId.make({ name, tenant })

const drawPlace = ({ dice, requests, world }: Draft): Place | undefined => {
  const busy = dice.pick(requests)?.tenant
  const tenant = dice.pick(world.tenants.filter(({ id }) => id === busy)) ?? dice.pick(world.tenants)
  const destination = tenant && dice.pick(tenant.destinations)
  return tenant && destination && { tenant: tenant.id, name: destination.name }
}

const showPlace = ({ name, tenant }: Place): string => `${tenant}/${name}`

/** Time passes. */
const wait = kind<{ readonly millis: number }>({
  name: "wait",
  weight: 20,
  draw: ({ dice }) => {
    const kind = dice.below(100)
    if (kind < 50) return { millis: dice.between(1, 60) }
    if (kind < 86) return { millis: dice.between(60, 2000) }
    if (kind < 98) return { millis: dice.between(2000, 12_000) }
    return { millis: dice.between(12_000, 80_000) }
  },
  apply: (run, { millis }) => {
    run.advance(millis)
    return true
  },
  show: ({ millis }) => `${millis} ms`
})

/** A destination is paused. */
const pause = kind<Place>({
  name: "pause",
  weight: 4,
  isFault: true,
  draw: (draft) => {
    const place = drawPlace(draft)
    if (place !== undefined) draft.paused.add(showPlace(place))
    return place
  },
  apply: (run, place) => {
    const id = idOf(place)
    run.paused.set(id, run.paused.get(id) ?? run.time.now)
    run.process.model.rowOf(id).isDisturbed = true
    if (!Effect.runSync(run.process.service.pause(id))) run.onBreach("pause", `${id} could not be paused`)
    return true
  },
  show: showPlace
})

/** A pause ends. */
const resume = kind<Place>({
  name: "resume",
  weight: 4,
  draw: ({ dice, paused }) => {
    const place = dice.pick([...paused])
    if (place === undefined) return undefined
    paused.delete(place)
    const [tenant = "", name = ""] = place.split("/")
    return { tenant, name }
  },
  apply: (run, place) => {
    const id = idOf(place)
    run.paused.delete(id)
    Effect.runSync(run.process.service.resume(id))
    return true
  },
  show: showPlace
})

/** Everything is to be sent at once; nobody waits for it here. */
const flush = kind<null>({
  name: "flush",
  weight: 2,
  draw: () => null,
  apply: (run) => {
    run.process.fork(run.process.service.flush)
    return true
  },
  show: () => ""
})

/** What a back end refused is sent again. */
const replay = kind<Place>({
  name: "replay",
  weight: 3,
  draw: drawPlace,
  apply: (run, place) => {
    const id = idOf(place)
    const { model, service } = run.process
    const letters = Effect.runSync(service.deadLetters(place.tenant)).filter((letter) => letter.id === id)
    const count = letters.reduce((sum, { spans }) => sum + spans.length, 0)
    const replayed = Effect.runSync(service.replay(id))
    if (replayed !== 0 && replayed !== count)
      run.onBreach("replay", `${replayed} spans of ${id} were replayed, there were ${count}`)
    model.madeAgain(id, replayed)
    return replayed > 0
  },
  show: showPlace
})

/** Everything that can be seen from outside is looked through for what must not be there. */
const look = kind<{ readonly tenant: string }>({
  name: "look",
  weight: 0.6,
  draw: ({ dice, world }) => ({ tenant: dice.pick(world.tenants)?.id ?? "" }),
  apply: (run, { tenant }) => {
    run.report(Leaks.breach(run, tenant))
    return true
  },
  show: () => ""
})

/** Waits until the process has closed; it has to, in time. */
const awaitClosed = (run: Run): void => {
  const { process } = run
  const since = run.time.now
  while (process.state() === "closing" && run.time.now - since < patience) run.advance(500)
  if (process.state() === "closing")
    run.onBreach("shutdown", `the process has not closed after ${patience / 1000} seconds`)
}

/** The deadline of closing is ten seconds. */
const patience = 11_000

const closeNow = (run: Run): void => {
  if (run.process.state() !== "running") return
  run.process.model.close(run.time.now)
  run.process.close()
}

/** Closes the process to the end, and looks at what it has left. */
export const finish = (run: Run): void => {
  closeNow(run)
  awaitClosed(run)
  run.report(Leaks.breach(run, undefined))
  run.report(Trees.breach(run))
}

const renew = (draft: Draft): void => {
  draft.requests = []
  draft.paused = new Set()
  draft.isClosing = false
}

/** The process begins to close, while requests are still under way; the next one starts when it has. */
const shutdown = kind<null>({
  name: "shutdown",
  weight: 0.3,
  isFault: true,
  draw: (draft) => {
    if (draft.isClosing) return undefined
    draft.isClosing = true
    return null
  },
  apply: (run) => {
    if (run.process.state() !== "running") return false
    closeNow(run)
    return true
  },
  show: () => ""
})

/** The process closes, and the next one starts. */
const restart = kind<null>({
  name: "restart",
  weight: 0.3,
  isFault: true,
  draw: (draft) => {
    renew(draft)
    return null
  },
  apply: (run) => {
    finish(run)
    if (run.process.state() === "closed") run.start()
    return true
  },
  show: () => ""
})

/** The process is gone from one moment to the next, and another one starts. */
const crash = kind<null>({
  name: "crash",
  weight: 0.3,
  isFault: true,
  draw: (draft) => {
    renew(draft)
    return null
  },
  apply: (run) => {
    run.start()
    return true
  },
  show: () => ""
})

/** Kinds of this file. */
export const kinds = [wait, pause, resume, flush, replay, look, shutdown, restart, crash]
