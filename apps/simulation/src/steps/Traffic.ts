/** Steps of the traffic: requests that come in, what is done inside them, whose they turn out to be, and how they end. */
import * as Callers from "../Callers.js"
import type { Caller } from "../model/Model.js"
import { type Draft, type DraftRequest, kind } from "./Step.js"

interface Opening {
  readonly number: number
  readonly tenant: string
  readonly door: Callers.Door
  readonly caller: Caller | undefined
  /** The label of the work that a job was begun in. */
  readonly within: string | undefined
}

const drawDoor = (draft: Draft): Callers.Door => draft.dice.one(["http", "http", "job"])

const drawOpening = (draft: Draft, tenant = draft.nextTenant()): Opening => {
  const { dice } = draft
  const door = drawDoor(draft)
  const within = door === "job" && dice.chance(0.3) ? dice.pick(openWorks(draft)) : undefined
  return {
    number: ++draft.lastNumber,
    tenant,
    door,
    caller: door === "http" && dice.chance(0.4) ? draft.caller() : undefined,
    within
  }
}

const openWorks = (draft: Draft): ReadonlyArray<string> => draft.requests.flatMap(({ open }) => [...open])

const enlist = (draft: Draft, { door, number, tenant }: Opening): DraftRequest => {
  const root = `r${number}`
  const request: DraftRequest = {
    number,
    tenant,
    isBound: door === "job",
    isOpen: true,
    open: new Set([root]),
    works: [root]
  }
  draft.requests.push(request)
  return request
}

const openNow = (run: Parameters<typeof Callers.open>[0], opening: Opening): boolean => {
  const tenant = run.tenants.get(opening.tenant)
  if (tenant === undefined || tenant.removedIn !== undefined) return false
  const within = opening.within === undefined ? undefined : run.handles.get(opening.within)
  Callers.open(run, { ...opening, tenant, within })
  return true
}

const showOpening = ({ caller, door, number, tenant, within }: Opening): string =>
  `r${number} of ${tenant} over ${door}` +
  (caller === undefined ? "" : `, traceparent ${caller.traceId.slice(-4)}${caller.isSampled ? "" : " not sampled"}`) +
  (within === undefined ? "" : `, begun in ${within}`)

/** A request that stays open. */
const open = kind<Opening>({
  name: "open",
  weight: 12,
  draw: (draft) => {
    const opening = drawOpening(draft)
    enlist(draft, opening)
    return opening
  },
  apply: openNow,
  show: showOpening
})

/** Two tenants send one traceparent at the same time. */
const twins = kind<{ readonly openings: ReadonlyArray<Opening> }>({
  name: "one traceparent twice",
  weight: 3,
  isFault: true,
  draw: (draft) => {
    const caller = draft.caller()
    const openings = [1, 2].map(
      (): Opening => ({
        number: ++draft.lastNumber,
        tenant: draft.nextTenant(),
        door: "http",
        caller,
        within: undefined
      })
    )
    for (const opening of openings) enlist(draft, opening)
    return { openings }
  },
  apply: (run, { openings }) => openings.filter((opening) => openNow(run, opening)).length > 1,
  show: ({ openings }) => openings.map(showOpening).join("; ")
})

/** Work begins in a request, also in one that is over. */
const work = kind<{ readonly label: string; readonly work: Callers.Work; readonly within: string }>({
  name: "work",
  weight: 30,
  draw: (draft) => {
    const { dice } = draft
    const request = dice.pick(draft.requests)
    const within = request && dice.pick(dice.chance(0.9) ? [...request.open] : request.works)
    if (request === undefined || within === undefined) return undefined
    const label = `r${request.number}.${++draft.lastNumber}`
    request.open.add(label)
    request.works.push(label)
    return { label, work: dice.one(Callers.works), within }
  },
  apply: (run, { label, within, work }) => {
    const handle = run.handles.get(within)
    if (handle === undefined) return false
    Callers.work(run, { label, work, within: handle })
    return true
  },
  show: ({ label, within, work }) => `${label} (${work}) in ${within}`
})

/** Work outside of any request. */
const ambient = kind<{ readonly label: string; readonly work: Callers.Work; readonly ending: Callers.Ending }>({
  name: "ambient",
  weight: 2,
  draw: ({ dice, ...draft }) => ({
    label: `a${draft.lastNumber + dice.between(1, 1_000_000)}`,
    work: dice.one(Callers.works),
    ending: dice.one(Callers.endings)
  }),
  apply: (run, { ending, label, work }) => {
    Callers.work(run, { label, work, within: undefined })
    Callers.end(run, label, ending)
    return true
  },
  show: ({ ending, label, work }) => `${label} (${work}) ${ending}`
})

/** Work ends, or a whole request does while work in it goes on. */
const end = kind<{ readonly label: string; readonly ending: Callers.Ending }>({
  name: "end",
  weight: 34,
  draw: (draft) => {
    const request = draft.dice.pick(draft.requests.filter(({ open }) => open.size > 0))
    const label = request && draft.dice.pick([...request.open])
    if (request === undefined || label === undefined) return undefined
    request.open.delete(label)
    if (label === request.works[0]) request.isOpen = false
    return { label, ending: draft.dice.one(Callers.endings) }
  },
  apply: (run, { ending, label }) => {
    if (!run.handles.has(label)) return false
    Callers.end(run, label, ending)
    return true
  },
  show: ({ ending, label }) => `${label} ${ending}`
})

/** It is found out whose a request is: in time or too late, once or again, by its own tenant or by mistake by another. */
const bind = kind<{ readonly within: string; readonly tenant: string }>({
  name: "bind",
  weight: 16,
  isFault: true,
  draw: (draft) => {
    const { dice } = draft
    const unbound = draft.requests.filter(({ isBound }) => !isBound)
    const request = dice.pick(dice.chance(0.8) && unbound.length > 0 ? unbound : draft.requests)
    const within = request && dice.pick(request.works)
    if (request === undefined || within === undefined) return undefined
    request.isBound = true
    return { within, tenant: dice.chance(0.92) ? request.tenant : draft.nextTenant() }
  },
  apply: (run, { tenant, within }) => {
    const handle = run.handles.get(within)
    const whose = run.tenants.get(tenant)
    if (handle === undefined || whose === undefined || whose.removedIn !== undefined) return false
    const answer = Callers.bind(run, handle, whose)
    if (answer !== undefined) run.count(`bind: ${answer}`)
    return true
  },
  show: ({ tenant, within }) => `${within} to ${tenant}`
})

interface Whole extends Opening {
  readonly works: ReadonlyArray<{ readonly work: Callers.Work; readonly ending: Callers.Ending }>
  /** It is bound after so many of them. */
  readonly bindAfter: number
  readonly isNested: boolean
  readonly ending: Callers.Ending
}

const drawWhole = (draft: Draft, tenant?: string): Whole => {
  const { dice } = draft
  const works = Array.from({ length: dice.between(0, 4) }, () => ({
    work: dice.one(Callers.works),
    ending: dice.one(Callers.endings)
  }))
  return {
    ...drawOpening(draft, tenant),
    works,
    bindAfter: dice.below(works.length + 1),
    isNested: dice.chance(0.5),
    ending: dice.one(Callers.endings)
  }
}

const doWhole = (run: Parameters<typeof Callers.open>[0], whole: Whole): boolean => {
  if (!openNow(run, whole)) return false
  const root = `r${whole.number}`
  const tenant = run.tenants.get(whole.tenant)
  const bindNow = () => {
    const handle = run.handles.get(root)
    if (whole.door === "http" && handle !== undefined && tenant !== undefined) Callers.bind(run, handle, tenant)
  }
  const labels = [root]
  for (const [index, { ending, work }] of whole.works.entries()) {
    if (index === whole.bindAfter) bindNow()
    const label = `${root}.${index}`
    const within = run.handles.get(labels.at(-1) ?? root)
    Callers.work(run, { label, work, within })
    if (whole.isNested) labels.push(label)
    else Callers.end(run, label, ending)
  }
  if (whole.bindAfter >= whole.works.length) bindNow()
  for (const label of labels.slice(1).reverse()) Callers.end(run, label, "ok")
  Callers.end(run, root, whole.ending)
  return true
}

const showWhole = (whole: Whole): string =>
  `${showOpening(whole)}: ${whole.works.map(({ ending, work }) => `${work} ${ending}`).join(", ") || "nothing in it"}` +
  `${whole.isNested ? ", nested" : ""}${whole.door === "http" ? `, bound after ${whole.bindAfter}` : ""}, ${whole.ending}`

/** A request from its beginning to its end, at once. */
const request = kind<Whole>({
  name: "request",
  weight: 6,
  draw: (draft) => drawWhole(draft),
  apply: doWhole,
  show: showWhole
})

/** More tenants at once than there is room for. */
const crowd = kind<{ readonly requests: ReadonlyArray<Whole> }>({
  name: "crowd",
  weight: 0.7,
  draw: (draft) => ({ requests: Array.from({ length: draft.dice.between(3, 8) }, () => drawWhole(draft)) }),
  apply: (run, { requests }) => requests.filter((request) => doWhole(run, request)).length > 0,
  show: ({ requests }) => requests.map(showWhole).join("; ")
})

/** Kinds of this file. */
export const kinds = [open, twins, work, ambient, end, bind, request, crowd]
