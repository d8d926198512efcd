import { describe, expect, it } from "@effect/vitest"
import { FastCheck } from "effect"
import * as DestinationId from "../../src/deliver/DestinationId.js"
import * as Revocations from "../../src/deliver/Revocations.js"

const idOf = (index: number) => DestinationId.make({ tenant: `t${index}`, name: "d" })
const [a, b, c] = [idOf(1), idOf(2), idOf(3)]

describe("revokes", () => {
  it("every credential with which a destination was seen, and no other destination's", () => {
    const { isRevoked, revoke, see } = Revocations.make()
    see(a, "first")
    see(a, "second")
    see(b, "first")
    expect(isRevoked(a, "first")).toBe(false)
    expect(revoke(a)).toBe(true)
    expect([isRevoked(a, "first"), isRevoked(a, "second"), isRevoked(b, "first")]).toEqual([true, true, false])
  })

  it("all but the one to keep, and what is new afterwards is not revoked", () => {
    const { isRevoked, revoke, see } = Revocations.make()
    see(a, "old")
    see(a, "new")
    expect(revoke(a, "new")).toBe(true)
    see(a, "newer")
    expect(["old", "new", "newer"].map((credential) => isRevoked(a, credential))).toEqual([true, false, false])
    revoke(a, "newer")
    expect(["old", "new", "newer"].map((credential) => isRevoked(a, credential))).toEqual([true, true, false])
  })

  it("nothing where nothing was seen, and keeps nothing for it", () => {
    const { isRevoked, revoke } = Revocations.make({ max: 1 })
    for (let index = 0; index < 10; index++) expect(revoke(idOf(index))).toBe(true)
    expect(isRevoked(a, "any")).toBe(false)
  })
})

describe("remembers", () => {
  it("the destinations that were seen last", () => {
    const { isRevoked, revoke, see } = Revocations.make({ max: 2 })
    see(a, "of a")
    see(b, "of b")
    see(a, "of a")
    see(c, "of c")
    revoke(a)
    revoke(b)
    expect([isRevoked(a, "of a"), isRevoked(b, "of b")]).toEqual([true, false])
  })

  it("the sixteen credentials of each that were seen last", () => {
    const { isRevoked, revoke, see } = Revocations.make()
    for (let index = 0; index < 16; index++) see(a, `${index}`)
    see(a, "0")
    see(a, "new")
    revoke(a)
    expect(["0", "1", "2", "15", "new"].map((credential) => isRevoked(a, credential))).toEqual([
      true,
      false,
      true,
      true,
      true
    ])
  })

  it("every revocation, and says so when it cannot take another one in", () => {
    const { isRevoked, revoke, see } = Revocations.make({ max: 3 })
    see(a, "1")
    see(a, "2")
    see(b, "3")
    see(b, "4")
    expect([revoke(a), revoke(b), revoke(b, "4")]).toEqual([true, false, true])
    expect(revoke(a), "what is revoked already takes no more place").toBe(true)
    expect(["1", "2"].every((credential) => isRevoked(a, credential))).toBe(true)
    expect([isRevoked(b, "3"), isRevoked(b, "4")], "all of them or none").toEqual([true, false])
    see(c, "5")
    expect([revoke(c), isRevoked(c, "5")]).toEqual([false, false])
  })
})

const step = FastCheck.record({
  id: FastCheck.nat(3),
  credential: FastCheck.nat(5),
  revoke: FastCheck.option(FastCheck.nat(5))
})

it.prop(
  "a credential is revoked once it was seen before a revocation that did not keep it, and stays so",
  [FastCheck.array(step, { maxLength: 60 })],
  ([steps]) => {
    const { isRevoked, revoke, see } = Revocations.make()
    const seen = new Map<number, Set<number>>()
    const revoked = new Set<string>()
    for (const { credential, id, revoke: keep } of steps) {
      if (keep === null) {
        see(idOf(id), `${credential}`)
        seen.set(id, (seen.get(id) ?? new Set()).add(credential))
      } else {
        // One of them revokes without anything to keep.
        revoke(idOf(id), keep === 5 ? undefined : `${keep}`)
        for (const one of seen.get(id) ?? []) if (keep === 5 || one !== keep) revoked.add(`${id} ${one}`)
      }
      for (let at = 0; at < 4; at++)
        for (let one = 0; one < 6; one++) expect(isRevoked(idOf(at), `${one}`)).toBe(revoked.has(`${at} ${one}`))
    }
  }
)
