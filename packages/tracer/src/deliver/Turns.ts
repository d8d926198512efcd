/**
 * Whose batch goes next when more want to go than may. Tenants take turns by bytes, so that one with a flood to send waits for itself; and a back
 * end that is slow to answer holds a place among the slow ones, not one that the others need.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as BatchClock from "./BatchClock.js"

/**
 * How many batches may be on their way; each has a default.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** In the whole process, to back ends that answer in time. Default 64. */
  readonly maxConcurrent?: number | undefined
  /** To one lane. Default 8; of these, back ends that have just failed take at most half. */
  readonly perLane?: number | undefined
  /** How long an answer is in time. Default 1 second. */
  readonly patience?: Duration.DurationInput | undefined
  /** To back ends that are slow or have just failed. Default 1,000. */
  readonly maxSlow?: number | undefined
  /** The bytes of those. Default 64 MiB. */
  readonly maxSlowBytes?: number | undefined
}

/**
 * The permission to send one batch.
 *
 * @since 0.1.0
 * @category models
 */
export interface Turn {
  /** To be called once: the batch has come to something, or is not sent after all. */
  readonly done: () => void
}

/**
 * Where one destination waits for its turns, one at a time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Seat {
  /**
   * A turn for so many bytes; `undefined`: it has to wait, and hears of its turn, which may be at once. A `suspect` has failed lately: it waits with
   * its like.
   */
  readonly take: (bytes: number, suspect: boolean) => Turn | undefined
  /** Waits no longer. */
  readonly leave: () => void
}

/**
 * All turns of a process.
 *
 * @since 0.1.0
 * @category models
 */
export interface Turns {
  /** A lane is what has connections of its own: an origin. `onTurn` must use the turn or be done with it. */
  readonly seat: (options: {
    readonly tenant: string
    readonly lane: string
    readonly onTurn: (turn: Turn) => void
  }) => Seat
  /** Everybody may go at once, from now on: what is left of the time is little. */
  readonly lift: () => void
  readonly stats: () => { readonly sending: number; readonly slow: number; readonly waiting: number }
}

interface Waiting {
  readonly tenant: string
  readonly lane: string
  readonly bytes: number
  readonly go: () => void
}

interface Queue {
  readonly tenant: string
  deficit: number
  readonly waiting: Array<Waiting>
}

/** Who waits for one lane, in the order of their turns: deficit round robin. */
type Lane = Map<string, Queue>

/** Those who wait for places of one kind. */
interface Line {
  readonly lanes: Map<string, Lane>
  readonly hasRoom: (bytes: number) => boolean
}

const quantum = 64 * 1024

/** Whose turn it is in a lane, which has somebody: the first who has saved up for it. */
const next = (lane: Lane): Queue | undefined => {
  for (;;) {
    const [queue] = lane.values()
    const waiting = queue?.waiting[0]
    if (queue === undefined || waiting === undefined) return undefined
    if (queue.deficit >= waiting.bytes) return queue
    queue.deficit += quantum
    lane.delete(queue.tenant)
    lane.set(queue.tenant, queue)
  }
}

/** Nothing is kept of a lane in which there is nothing. */
const add = (counts: Map<string, number>, lane: string, more: number): void => {
  const count = (counts.get(lane) ?? 0) + more
  if (count === 0) counts.delete(lane)
  else counts.set(lane, count)
}

const join = (line: Line, waiting: Waiting): void => {
  const { lane: name, tenant } = waiting
  const lane: Lane = line.lanes.get(name) ?? new Map<string, Queue>()
  line.lanes.set(name, lane)
  const queue = lane.get(tenant) ?? { tenant, deficit: quantum, waiting: [] }
  lane.set(tenant, queue)
  queue.waiting.push(waiting)
}

/** A tenant that no longer waits keeps nothing of what it has saved. */
const tidy = (line: Line, name: string, lane: Lane, queue: Queue): void => {
  if (queue.waiting.length === 0 && lane.get(queue.tenant) === queue) lane.delete(queue.tenant)
  if (lane.size === 0 && line.lanes.get(name) === lane) line.lanes.delete(name)
}

const part = (line: Line, waiting: Waiting): void => {
  const lane = line.lanes.get(waiting.lane)
  const queue = lane?.get(waiting.tenant)
  const at = queue?.waiting.indexOf(waiting) ?? -1
  if (lane === undefined || queue === undefined || at === -1) return
  queue.waiting.splice(at, 1)
  tidy(line, waiting.lane, lane, queue)
}

/**
 * Makes turns that nobody has taken yet.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (clock: BatchClock.BatchClock, options: Options = {}): Turns => {
  const maxConcurrent = options.maxConcurrent ?? 64
  const perLane = options.perLane ?? 8
  const patience = Duration.toMillis(options.patience ?? "1 second")
  const maxSlow = options.maxSlow ?? 1000
  const maxSlowBytes = options.maxSlowBytes ?? 64 * 1024 * 1024
  /** In the order of their beginning. */
  const prompt = new Set<{ readonly since: number; readonly bytes: number }>()
  const inLane = new Map<string, number>()
  const suspectsInLane = new Map<string, number>()
  let slow = 0
  let slowBytes = 0
  let lifted = false
  let dispatching = false
  let cancelReview: (() => void) | undefined

  const slowHasRoom = (bytes: number) => slow < maxSlow && (slow === 0 || slowBytes + bytes <= maxSlowBytes)

  const begin = (lane: string, bytes: number, suspect: boolean): Turn => {
    const since = clock.now()
    const place = { since, bytes }
    add(inLane, lane, 1)
    if (!suspect) prompt.add(place)
    else {
      add(suspectsInLane, lane, 1)
      slow++
      slowBytes += bytes
    }
    let isDone = false
    return {
      done: () => {
        if (isDone) return
        isDone = true
        add(inLane, lane, -1)
        if (suspect) add(suspectsInLane, lane, -1)
        if (!prompt.delete(place)) {
          slow--
          slowBytes -= bytes
        }
        dispatch()
      }
    }
  }

  const healthy: Line = { lanes: new Map(), hasRoom: () => prompt.size < maxConcurrent }
  const suspects: Line = { lanes: new Map(), hasRoom: slowHasRoom }

  const isFull = (line: Line, lane: string) =>
    !lifted &&
    ((inLane.get(lane) ?? 0) >= perLane || (line === suspects && (suspectsInLane.get(lane) ?? 0) >= perLane / 2))
  const hasRoom = (line: Line, bytes: number) => lifted || line.hasRoom(bytes)

  /** Gives one turn, to the next lane that may have one; false when none may. */
  const giveOne = (line: Line): boolean => {
    for (const [name, lane] of line.lanes) {
      const queue = isFull(line, name) ? undefined : next(lane)
      const waiting = queue?.waiting[0]
      if (queue === undefined || waiting === undefined) continue
      // Nobody who needs less overtakes whoever waits for room.
      if (!hasRoom(line, waiting.bytes)) return false
      // Lanes take turns, too.
      line.lanes.delete(name)
      line.lanes.set(name, lane)
      queue.waiting.shift()
      queue.deficit -= waiting.bytes
      waiting.go()
      // Not before: whoever waits again at once keeps what it has saved.
      tidy(line, name, lane, queue)
      return true
    }
    return false
  }

  const dispatch = () => {
    cancelReview?.()
    cancelReview = undefined
    // Whoever does not use a turn is done with it at once: the loop goes on, not deeper.
    if (dispatching) return
    dispatching = true
    while (giveOne(healthy) || giveOne(suspects) || makeWay()) {}
    dispatching = false
    const [oldest] = prompt
    if (isWaitingForPrompt() && oldest !== undefined && slowHasRoom(oldest.bytes))
      cancelReview = clock.schedule(
        Math.max(0, oldest.since + patience - clock.now()) + BatchClock.granularity,
        dispatch
      )
  }

  const isWaitingForPrompt = () => healthy.lanes.size > 0 && prompt.size >= maxConcurrent

  /** One that has taken its time counts among the slow ones, as soon as somebody waits for its place. */
  const makeWay = (): boolean => {
    const [oldest] = prompt
    if (oldest === undefined || !isWaitingForPrompt()) return false
    if (clock.now() - oldest.since < patience || !slowHasRoom(oldest.bytes)) return false
    prompt.delete(oldest)
    slow++
    slowBytes += oldest.bytes
    return true
  }

  const seat: Turns["seat"] = ({ lane, onTurn, tenant }) => {
    let waiting: Waiting | undefined
    let line = healthy

    const leave = () => {
      if (waiting !== undefined) part(line, waiting)
      waiting = undefined
    }

    return {
      take: (bytes, suspect) => {
        const wanted = suspect ? suspects : healthy
        if (waiting !== undefined && wanted === line) return undefined
        leave()
        line = wanted
        if (line.lanes.size === 0 && !isFull(line, lane) && hasRoom(line, bytes)) return begin(lane, bytes, suspect)
        waiting = {
          tenant,
          lane,
          bytes,
          go: () => {
            waiting = undefined
            onTurn(begin(lane, bytes, suspect))
          }
        }
        join(line, waiting)
        dispatch()
        return undefined
      },
      leave
    }
  }

  return {
    seat,
    lift: () => {
      lifted = true
      dispatch()
    },
    stats: () => {
      let count = 0
      for (const { lanes } of [healthy, suspects])
        for (const lane of lanes.values()) for (const queue of lane.values()) count += queue.waiting.length
      return { sending: prompt.size + slow, slow, waiting: count }
    }
  }
}
