/**
 * The keys of a spool: from each master key, by HKDF-SHA256, one key per tenant to encrypt with and one to sign acknowledgements with. What is kept
 * are key objects, whose bytes no inspection shows.
 */
import { createHash, createSecretKey, hkdfSync, type KeyObject } from "node:crypto"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Key, KeyRing, Secret } from "../../DiskSpool.js"
import { SpoolError } from "../../Spool.js"

/** Keys by what they are for, such as a tenant, and by the id of their master key. */
export interface Keys {
  /** The id of the master key that is used for what is written now. */
  readonly current: string
  readonly toWrite: (purpose: string) => KeyObject
  /** Absent for an id that is not known. */
  readonly toRead: (keyId: string, purpose: string) => KeyObject | undefined
  /** Whether this id is known; asks for one that is not, once. */
  readonly knows: (keyId: string) => Effect.Effect<boolean>
}

const minBytes = 32
const maxCached = 1024
/** Ids are read from files, which may hold anything. */
const maxAsked = 64

const fail = (detail: string) => Either.left(new SpoolError({ reason: "key", detail }))

// HKDF takes 1024 bytes of purpose, and UTF-8 confuses the lone surrogates that a tenant's id may hold.
const digest = (purpose: string): Buffer => createHash("sha256").update(JSON.stringify(purpose)).digest()

const derive = (master: KeyObject, purpose: string, bytes = 32): Buffer =>
  Buffer.from(hkdfSync("sha256", master, "tenant-tracer spool v1", digest(purpose), bytes))

const masterOf = (name: string, secret: Secret): Either.Either<KeyObject, SpoolError> => {
  const value = Redacted.value(secret)
  const bytes = typeof value === "string" ? Buffer.from(value) : value
  if (bytes.length >= minBytes) return Either.right(createSecretKey(bytes))
  return fail(
    `${name} has ${bytes.length} bytes and needs at least ${minBytes}, drawn at random: make one with \`openssl rand -base64 32\``
  )
}

const ringOf = (key: Secret | KeyRing): Either.Either<KeyRing, SpoolError> => {
  if (!Redacted.isRedacted(key)) return Either.right(key)
  // A name of its own for each secret, so that another one is missed and not tried.
  return Either.map(masterOf("it", key), (master) => ({
    current: { id: derive(master, "id", 8).toString("hex"), secret: key }
  }))
}

/** Checks the keys. Older ones that are asked for have 10 seconds; what fails, takes longer or is too short counts as not known. */
export const make = (key: Secret | KeyRing): Either.Either<Keys, SpoolError> =>
  Either.gen(function* () {
    const { current, previous = [] } = yield* ringOf(key)
    const masters = new Map<string, KeyObject>()

    const add = ({ id, secret }: Key): Either.Either<KeyObject, SpoolError> =>
      Either.gen(function* () {
        if (!/^[\w.-]{1,64}$/.test(id)) yield* fail("an id is 1 to 64 letters, digits, dots, dashes and underscores")
        if (masters.has(id)) yield* fail(`two have the id "${id}": give each its own`)
        const master = yield* masterOf(`"${id}"`, secret)
        masters.set(id, master)
        return master
      })

    const newest = yield* add(current)
    if (typeof previous !== "function") for (const older of previous) yield* add(older)

    const asked = new Set<string>()
    // A map keeps the order of insertion: one that is used is inserted again, so the first is the least recently used.
    const derived = new Map<string, KeyObject>()

    const find = (keyId: string, master: KeyObject, purpose: string): KeyObject => {
      const name = `${keyId} ${purpose}`
      const found = derived.get(name) ?? createSecretKey(derive(master, purpose))
      derived.delete(name)
      derived.set(name, found)
      for (const oldest of derived.keys()) {
        if (derived.size <= maxCached) break
        derived.delete(oldest)
      }
      return found
    }

    const ask = (keyId: string, resolve: (id: string) => Effect.Effect<Option.Option<Secret>, unknown>) =>
      Effect.suspend(() => resolve(keyId)).pipe(
        Effect.disconnect,
        Effect.timeoutOption("10 seconds"),
        Effect.map(Option.flatten),
        Effect.map((secret) => {
          const master = Option.flatMap(secret, (found) => Either.getRight(masterOf("it", found)))
          if (Option.isSome(master)) masters.set(keyId, master.value)
          return masters.has(keyId)
        }),
        // Without its text, which could name a key.
        Effect.catchAllCause(() => Effect.succeed(false))
      )

    return {
      current: current.id,
      toWrite: (purpose) => find(current.id, newest, purpose),
      toRead: (keyId, purpose) => {
        const master = masters.get(keyId)
        return master && find(keyId, master, purpose)
      },
      knows: (keyId) =>
        Effect.suspend(() => {
          if (masters.has(keyId)) return Effect.succeed(true)
          if (typeof previous !== "function" || asked.has(keyId) || asked.size >= maxAsked) return Effect.succeed(false)
          asked.add(keyId)
          return ask(keyId, previous)
        })
    }
  })
