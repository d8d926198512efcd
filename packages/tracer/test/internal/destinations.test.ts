import { describe, expect, it } from "@effect/vitest"
import { Effect } from "effect"
import * as DeadLetters from "../../src/deliver/DeadLetters.js"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import type { State } from "../../src/deliver/Gate.js"
import * as Ledger from "../../src/deliver/Ledger.js"
import * as Pauses from "../../src/deliver/Pauses.js"
import * as Revocations from "../../src/deliver/Revocations.js"
import * as Destinations from "../../src/internal/destinations.js"
import * as fates from "../../src/internal/fates.js"
import type { RecordedSpan } from "../../src/record/RecordedSpan.js"
import type { View } from "../../src/render/TenantView.js"
import { ended, view } from "../support/recorded.js"

const idOf = (index: number) => DestinationId.make({ tenant: `t${index}`, name: "d" })

const closed: State = { breaker: { state: "closed", since: 0, nextProbe: undefined }, paused: undefined }

/** Destinations with fakes for providers, which note what they are asked. */
const make = () => {
  const ledger = Ledger.make()
  const pauses = Pauses.make()
  const deadLetters = DeadLetters.make<RecordedSpan>({ ledger })
  const revocations = Revocations.make()
  const destinations = Destinations.make({ deadLetters, ledger, pauses, revocations })
  const asked: Array<string> = []
  const states: Array<string> = []
  const use = (
    id: DestinationId.DestinationId,
    options: {
      readonly name?: string
      readonly view?: View
      readonly state?: State
      readonly queued?: number
      readonly held?: number
      readonly credential?: string
      readonly revoke?: Effect.Effect<void>
    } = {}
  ) => {
    const { name = "provider", queued = 0, state = closed } = options
    const member: Destinations.Member = {
      view: options.view ?? view(),
      account: new fates.Account(ledger, id, options.view ?? view()),
      credential: () => options.credential ?? name,
      close: Effect.sync(() => asked.push(`${name} close`)),
      provider: {
        id,
        offer: (span) => asked.push(`${name} offer ${span.name}`),
        adopt: (span) => asked.push(`${name} adopt ${span.name}`),
        revoke: options.revoke ?? Effect.sync(() => asked.push(`${name} revoke`)),
        look: () => asked.push(`${name} look`),
        hasten: () => asked.push(`${name} hasten`),
        state: () => {
          states.push(name)
          return state
        },
        held: () => options.held ?? queued,
        queued: () => queued
      }
    }
    revocations.see(id, member.credential())
    destinations.add(member)
    return member
  }
  const status = () => destinations.status(ledger.snapshot())
  const refuse = (id: DestinationId.DestinationId, ...spans: ReadonlyArray<RecordedSpan>) => {
    ledger.made(id, spans.length)
    ledger.rejected(id, "http_400", spans.length)
    deadLetters.add({ id, reason: "http_400", time: 0, spans, bytes: 1 })
  }
  return { ...destinations, revocations, asked, deadLetters, destinations, ledger, pauses, refuse, states, status, use }
}

const a = idOf(1)

it("says how a destination stands, from its account and its newest provider, with what waits for all of them", () => {
  const { ledger, remove, retire, status, use } = make()
  ledger.made(a, 7)
  ledger.delivered(a, 2, 1234)
  ledger.failed(a, "HTTP 503")
  const open: State = { breaker: { state: "open", since: 5, nextProbe: 9 }, paused: "unauthorized" }
  use(a, { queued: 3, state: open })
  const newest = use(a, { queued: 2 })
  const expected = { id: a, queued: 5, lastError: "HTTP 503", lastSuccess: 1234, counts: { made: 7, delivered: 2 } }
  expect(status()).toMatchObject([{ ...expected, ...closed }])
  retire(newest)
  expect(status(), "it still sends what it has").toMatchObject([{ ...expected, ...open, queued: 5 }])
  remove(newest)
  expect(status()).toMatchObject([{ ...expected, ...open, queued: 3 }])
})

it("what one cannot send goes to the newest with another credential, as far as it may be seen there", () => {
  const { asked, ledger, successorOf, use } = make()
  const old = use(a, { name: "old" })
  expect(successorOf(old)).toBeUndefined()
  use(a, { name: "same", credential: "old" })
  asked.length = 0
  use(idOf(2), { name: "other" })
  expect(successorOf(old), "the same credential").toBeUndefined()
  use(a, { name: "new", view: view({ audience: "tenant" }) })
  ledger.made(a, 2)
  const take = successorOf(old)
  take?.(ended({ _tag: "tool_call", name: "weather" }))
  take?.(ended(undefined))
  expect(asked).toEqual(["new adopt plain"])
  expect(ledger.snapshot().rows[0]).toMatchObject({ made: 2, hidden: 1 })
})

it("is a successor while one with an older credential has spans, queued or on their way, also when that one ends", () => {
  const { isSuccessor, remove, retire, use } = make()
  const [waiting, sending] = [use(a, { name: "waiting", queued: 1 }), use(a, { name: "sending", held: 1 })]
  const [idle, other] = [use(a, { name: "idle" }), use(idOf(2), { name: "other" })]
  expect([waiting, sending, idle, other].map(isSuccessor)).toEqual([false, true, true, false])
  for (const member of [waiting, sending]) retire(member)
  expect([idle, other].map(isSuccessor)).toEqual([true, false])
  remove(waiting)
  expect(isSuccessor(idle)).toBe(true)
  remove(sending)
  expect(isSuccessor(idle)).toBe(false)
})

describe("whose credential was refused", () => {
  const refused: State = { ...closed, paused: "unauthorized" }

  it("takes over nothing from another one that was refused, so that nothing goes to and fro", () => {
    const { successorOf, use } = make()
    const [old, next] = [use(a, { name: "old", state: refused }), use(a, { name: "next", state: refused })]
    expect([successorOf(old), successorOf(next)]).toEqual([undefined, undefined])
    use(a, { name: "newest" })
    expect(successorOf(old)).toBeDefined()
  })

  it("takes over what one that ends would lose", () => {
    const { asked, retire, successorOf, use } = make()
    const old = use(a, { name: "old" })
    use(a, { name: "next", state: refused })
    retire(old)
    successorOf(old)?.(ended({ _tag: "tool_call", name: "weather" }))
    expect(asked).toContain("next adopt plain")
  })
})

it.effect("of those that are revoked together none takes over anything, and whoever stays does", () =>
  Effect.gen(function* () {
    const { asked, destinations, revoke, use } = make()
    const successors: Array<string> = []
    const noting = (name: string) => {
      const member: Destinations.Member = use(a, {
        name,
        revoke: Effect.sync(() => {
          asked.length = 0
          destinations.successorOf(member)?.(ended({ _tag: "tool_call", name: "weather" }))
          successors.push(`${name}: ${asked.find((one) => one.includes("adopt")) ?? "nobody"}`)
        })
      })
    }
    noting("one")
    noting("two")
    noting("three")
    yield* revoke(a, "two")
    expect(successors).toEqual(["one: two adopt plain", "three: two adopt plain"])
    successors.length = 0
    yield* revoke(a)
    expect(successors.at(-1)).toBe("two: nobody")
  })
)

it("is closed once, though it was revoked before", () => {
  const { destinations, retire, status, use } = make()
  const member = use(a, { queued: 3 })
  Effect.runSync(destinations.revoke(a))
  retire(member)
  expect(status()).toEqual([])
  destinations.pause(a)
  expect(status()).toMatchObject([{ queued: 3 }])
  destinations.remove(member)
  expect(status()).toMatchObject([{ queued: 0 }])
})

it("nothing goes from a newer credential to an older one, though that one's provider was built last", () => {
  const { revocations, retire, successorOf, use } = make()
  const first = use(a, { credential: "old" })
  const newer = use(a, { credential: "new" })
  retire(first)
  // A late span of a route with the old one: nothing new was planned.
  const late = use(a, { credential: "old" })
  revocations.see(a, "new")
  expect(successorOf(newer)).toBeUndefined()
  expect(successorOf(late)).toBeDefined()
})

it.effect("revokes every provider of a destination, those that are being closed among them, but the one to keep", () =>
  Effect.gen(function* () {
    const { asked, retire, revoke, use } = make()
    retire(use(a, { name: "closing" }))
    use(a, { name: "old" })
    use(a, { name: "new" })
    use(idOf(2), { name: "other" })
    yield* revoke(a, "new")
    expect(asked).toEqual(["closing revoke", "closing close", "old revoke", "old close"])
  })
)

it("shows a destination that is known by its pause or its account alone", () => {
  const { ledger, pause, status } = make()
  ledger.made(idOf(2), 1)
  pause(a)
  const none = { queued: 0, breaker: undefined }
  expect(status()).toMatchObject([
    { id: idOf(2), ...none, paused: undefined, counts: { made: 1 } },
    { id: a, ...none, paused: "operator", counts: undefined }
  ])
})

it("all providers of a destination hear of a pause and its end, and no others", () => {
  const { asked, pause, pauses, resume, use } = make()
  use(a, { name: "one" })
  use(a, { name: "two" })
  use(idOf(2), { name: "other" })
  expect(pause(a)).toBe(true)
  expect(pauses.has(a)).toBe(true)
  resume(a)
  expect(pauses.has(a)).toBe(false)
  expect(asked).toEqual(["one look", "two look", "one hasten", "two hasten"])
})

it("sends dead letters again through the newest provider, once, and the account balances", () => {
  const { asked, ledger, refuse, replay, use } = make()
  const span = ended({ _tag: "tool_call", name: "weather" })
  refuse(a, span)
  refuse(idOf(2), span)
  use(a, { name: "old" })
  use(a, { name: "new" })
  expect(replay(a)).toBe(1)
  expect(replay(a)).toBe(0)
  expect(asked).toEqual(["new offer plain"])
  ledger.delivered(a, 1)
  expect(ledger.snapshot().counters).toMatchObject({ replayed: 1 })
  expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
})

it("is newest by its credential: an older route may have its provider built again later", () => {
  const { add, asked, ledger, refuse, remove, replay, retire, status, successorOf, use } = make()
  const span = ended({ _tag: "tool_call", name: "weather" })
  const open: State = { breaker: { state: "open", since: 5, nextProbe: 9 }, paused: undefined }
  const [first, old] = [use(a, { name: "first" }), use(a, { name: "old", state: open })]
  use(a, { name: "new" })
  retire(old)
  remove(old)
  add(old)
  refuse(a, span)
  expect(status()).toMatchObject([closed])
  expect(replay(a)).toBe(1)
  ledger.made(a, 1)
  successorOf(first)?.(span)
  expect(asked).toEqual(["new offer plain", "new adopt plain"])
})

it("hides from the provider of today what its destination may no longer see", () => {
  const { asked, ledger, refuse, replay, use } = make()
  // A span without a role is the operator's.
  refuse(a, ended(undefined), ended({ _tag: "tool_call", name: "weather" }))
  use(a, { view: view({ audience: "tenant" }) })
  expect(replay(a)).toBe(2)
  expect(asked).toHaveLength(1)
  ledger.delivered(a, 1)
  expect(ledger.snapshot().rows).toMatchObject([{ made: 4, hidden: 1, delivered: 1, rejected: { http_400: 2 } }])
  expect(ledger.snapshot().rows.every(Ledger.balances)).toBe(true)
})

it("leaves the letters of a destination that is not in use where they are", () => {
  const { deadLetters, ledger, refuse, replay, retire, use } = make()
  refuse(a, ended(undefined))
  retire(use(a))
  expect(replay(a)).toBe(0)
  expect(deadLetters.stats().letters).toBe(1)
  expect(ledger.snapshot().total.made).toBe(1)
})

it("a status of ten thousand destinations asks each of them once", () => {
  const { ledger, states, status, use } = make()
  for (let index = 0; index < 10_000; index++) {
    ledger.made(idOf(index), 1)
    use(idOf(index), { queued: 1 })
  }
  const all = status()
  expect(states).toHaveLength(10_000)
  expect(all).toHaveLength(10_000)
  expect(all.every(({ counts, queued }) => counts?.made === queued)).toBe(true)
})
