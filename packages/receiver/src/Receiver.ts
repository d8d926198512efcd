/**
 * An OTLP/HTTP trace receiver that stands in for a real back end: a real HTTP server on the loopback address, with
 * accounts that are told apart by their headers, vendors' rules, and faults on request.
 */
import type * as Http from "node:http"
import { Cause, Context, Deferred, Effect, Either, FiberId, FiberSet, Layer, type Scope } from "effect"
import * as Fault from "./Fault.js"
import * as Admission from "./internal/admission.js"
import * as HttpServer from "./internal/httpServer.js"
import * as Inboxes from "./internal/inboxes.js"
import { Refused } from "./internal/refused.js"
import * as RequestBody from "./internal/requestBody.js"
import * as Script from "./internal/script.js"
import * as Shown from "./internal/shown.js"
import * as Throttle from "./internal/throttle.js"
import * as Otlp from "./Otlp.js"
import { ReceiverError } from "./ReceiverError.js"
import * as VendorRules from "./VendorRules.js"

/**
 * Somebody who may deliver here. A request belongs to the account on its path whose `headers` it has, every one with
 * the equal value (names in any case); of several, to the one with most headers.
 *
 * @since 0.1.0
 * @category models
 */
export interface Account {
  readonly id: string
  readonly headers: Readonly<Record<string, string>>
  /** Default `VendorRules.otlp`. */
  readonly rules?: VendorRules.VendorRules | undefined
  /** Whether its credentials are for writing traces. Default true; else it is refused as the vendor refuses a key without that right. */
  readonly mayWrite?: boolean | undefined
  /** Default: the first path of the rules. */
  readonly path?: string | undefined
}

/**
 * A request that was taken.
 *
 * @since 0.1.0
 * @category models
 */
export interface Delivery {
  readonly account: string
  /** Milliseconds since the epoch, by the `Clock` under which the receiver was made. */
  readonly receivedAt: number
  readonly method: string
  readonly path: string
  /** Names in lower case; equal names joined with a comma. */
  readonly headers: Readonly<Record<string, string>>
  readonly encoding: Otlp.Encoding
  readonly compression: VendorRules.Compression | "identity"
  /** The body as it came. */
  readonly raw: Uint8Array
  /** The body after decompression. */
  readonly body: Uint8Array
  readonly request: Otlp.ExportRequest
  /** How many spans of the request were rejected in a partial success. */
  readonly rejectedSpans: number
}

/**
 * A request that was not taken, or of which nothing was kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Refusal {
  /** Undefined when the request could not be told to be of any account. */
  readonly account: string | undefined
  readonly receivedAt: number
  readonly method: string
  readonly path: string
  /** What was answered; 0 when nothing was (hang, reset, a client that went away). */
  readonly status: number
  readonly reason: string
}

/**
 * How to set up a receiver.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** Default none: add them later. */
  readonly accounts?: Iterable<Account> | undefined
  /** Default 0: any free port. The address is always 127.0.0.1. */
  readonly port?: number | undefined
  /** The largest body on the wire, in bytes. Default 5 MiB. */
  readonly maxCompressedBytes?: number | undefined
  /** The largest body after decompression, in bytes. Default 20 MiB. */
  readonly maxBytes?: number | undefined
  /** Bodies that are kept, of all accounts, in bytes (decoded they take several times that). Default 64 MiB. */
  readonly maxKeptBytes?: number | undefined
  /** Refusals that are kept. Default 10,000. */
  readonly maxRefusals?: number | undefined
}

/**
 * How much was forgotten, oldest first, to stay within the bounds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Forgotten {
  readonly deliveries: number
  readonly refusals: number
}

/**
 * The receiver as a service, for whoever shares one among tests.
 *
 * @example
 * ```ts
 * import { Receiver } from "@tenant-tracer/receiver"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function* () {
 *   const receiver = yield* Receiver.Receiver
 *   const endpoint = yield* receiver.endpoint("acme")
 *   // … send spans to `endpoint` with the header `x-key: a` …
 *   return yield* receiver.awaitSpans("acme", 3)
 * }).pipe(Effect.provide(Receiver.layer({ accounts: [{ id: "acme", headers: { "x-key": "a" } }] })))
 * ```
 *
 * @since 0.1.0
 * @category services
 */
export class Receiver extends Context.Tag("@tenant-tracer/receiver/Receiver")<Receiver, Receiver.Service>() {}

/**
 * @since 0.1.0
 * @category services
 */
export declare namespace Receiver {
  /**
   * What one can ask of a running receiver. What it received outlives the account that received it, within the bounds
   * of `maxKeptBytes` and `maxRefusals`.
   *
   * @since 0.1.0
   * @category services
   */
  export interface Service {
    /** The origin, `http://127.0.0.1:port`. */
    readonly url: string
    /** The full URL to which an account's traces go. */
    readonly endpoint: (accountId: string) => Effect.Effect<string, ReceiverError>
    /** Adds an account, or replaces the one with this id. */
    readonly addAccount: (account: Account) => Effect.Effect<void, ReceiverError>
    /** From now on its requests are nobody's. */
    readonly removeAccount: (accountId: string) => Effect.Effect<void>
    /** The requests that were taken, in order of arrival. */
    readonly received: (accountId: string) => Effect.Effect<ReadonlyArray<Delivery>>
    /** The spans that were kept, as the account's vendor keeps them, in order of arrival; one that was delivered twice is here twice. */
    readonly spans: (accountId: string) => Effect.Effect<ReadonlyArray<Otlp.ReceivedSpan>>
    /** Those of them that the account's vendor shows by now: not what waits for a parent or a root (`orphans` of its rules). */
    readonly shown: (accountId: string) => Effect.Effect<ReadonlyArray<Otlp.ReceivedSpan>>
    /** The requests that were not taken: of one account, or without an id all of them. */
    readonly refusals: (accountId?: string | undefined) => Effect.Effect<ReadonlyArray<Refusal>>
    /** Waits until the account has this many spans, or spans that satisfy the predicate, and gives them. */
    readonly awaitSpans: (
      accountId: string,
      until: number | ((spans: ReadonlyArray<Otlp.ReceivedSpan>) => boolean)
    ) => Effect.Effect<ReadonlyArray<Otlp.ReceivedSpan>>
    /**
     * Waits until this many requests of the account were authenticated and read, answered or not: how a test knows
     * that a request hangs.
     */
    readonly awaitRequests: (accountId: string, count: number) => Effect.Effect<void>
    /** Forgets what was received and refused, of one account or of all. Accounts and scripts stay. */
    readonly clear: (accountId?: string | undefined) => Effect.Effect<void>
    /** What had to be forgotten to make room, since the receiver was made. */
    readonly forgotten: Effect.Effect<Forgotten>
    /**
     * Sets what goes wrong for an account from the next request on; an empty script is normal service. Fails, and sets
     * nothing, when a step makes no sense: a status that HTTP does not have, a header that it cannot carry.
     */
    readonly script: (accountId: string, steps: ReadonlyArray<Fault.Step>) => Effect.Effect<void, ReceiverError>
    /** How many sockets are open now. */
    readonly connections: Effect.Effect<number>
    /** Waits until no more than this many sockets are open: how a test knows that its client has let go. */
    readonly awaitConnections: (atMost: number) => Effect.Effect<void>
    /** The most sockets that were open at once. */
    readonly peakConnections: Effect.Effect<number>
  }
}

/**
 * Starts a receiver. It lives as long as the scope: when that closes, every socket is destroyed, every hanging request
 * ends, and the port is free. Fails when the port cannot be had or two accounts cannot be told apart.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options = {}): Effect.Effect<Receiver.Service, ReceiverError, Scope.Scope> =>
  Effect.gen(function* () {
    const clock = yield* Effect.clock
    const maxCompressedBytes = options.maxCompressedBytes ?? 5 * 1024 * 1024
    const maxBytes = options.maxBytes ?? 20 * 1024 * 1024
    const accounts = new Map<string, Admission.Admittance>()
    const inboxes = Inboxes.make({
      maxBytes: options.maxKeptBytes ?? 64 * 1024 * 1024,
      maxRefusals: options.maxRefusals ?? 10_000
    })
    const scripts = new Map<string, Script.Script>()
    let change = Deferred.unsafeMake<void>(FiberId.none)

    const changed = () => {
      const before = change
      change = Deferred.unsafeMake<void>(FiberId.none)
      Deferred.unsafeDone(before, Effect.void)
    }
    const awaiting = <A>(read: () => A, done: (value: A) => boolean): Effect.Effect<A> =>
      Effect.suspend(() => {
        const value = read()
        return done(value) ? Effect.succeed(value) : Effect.zipRight(Deferred.await(change), awaiting(read, done))
      })

    const addAccount = (account: Account): Effect.Effect<void, ReceiverError> =>
      Effect.suspend(() => {
        const rules = account.rules ?? VendorRules.otlp
        const added: Admission.Admittance = {
          id: account.id,
          path: account.path ?? rules.paths[0],
          headers: Object.fromEntries(
            Object.entries(account.headers).map(([name, value]) => [name.toLowerCase(), value])
          ),
          mayWrite: account.mayWrite ?? true,
          rules,
          throttle: Throttle.make(rules.requestsPerMinute)
        }
        const identity = identityOf(added)
        for (const other of accounts.values()) {
          if (other.id !== added.id && identityOf(other) === identity) {
            const detail = `accounts "${other.id}" and "${added.id}"`
            return new ReceiverError({ reason: "AmbiguousAccount", detail })
          }
        }
        accounts.set(added.id, added)
        return Effect.void
      })

    const handle = (request: Http.IncomingMessage, response: Http.ServerResponse): Effect.Effect<void> => {
      const receivedAt = clock.unsafeCurrentTimeMillis()
      const method = request.method ?? ""
      const path = (request.url ?? "").split("?", 1)[0] ?? ""
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [
          name,
          Array.isArray(value) ? value.join(", ") : (value ?? "")
        ])
      )
      const answerEncoding = Admission.encodingOf(headers) ?? "json"
      let account: Admission.Admittance | undefined

      const answer = (
        status: number,
        body: Uint8Array | string,
        more: Readonly<Record<string, string>> = {}
      ): Effect.Effect<void> =>
        Effect.sync(() => {
          response.writeHead(status, {
            "content-type": answerEncoding === "protobuf" ? "application/x-protobuf" : "application/json",
            "content-length": Buffer.byteLength(body),
            ...more
          })
          response.end(body)
        })
      const note = (status: number, reason: string) => {
        inboxes.refuse({ account: account?.id, receivedAt, method, path, status, reason })
        changed()
      }
      const refuse = ({ headers: more, reason, status }: Refused) =>
        Effect.suspend(() => {
          note(status, reason)
          RequestBody.discard(request)
          return status === 0
            ? Effect.void
            : answer(status, Otlp.encodeStatus(answerEncoding, { code: Otlp.grpcCode(status), message: reason }), more)
        })

      return Effect.gen(function* () {
        const candidates = yield* Admission.route(accounts.values(), method, path)
        const admitted = yield* Admission.authenticate(candidates, headers)
        account = admitted
        const { rules } = admitted
        yield* Admission.checkHeaders(rules, headers)
        yield* Admission.checkRights(admitted)
        yield* Admission.checkRate(admitted, receivedAt)
        const { compression, encoding } = yield* Admission.mediaOf(rules, headers)
        const raw = yield* RequestBody.read(request, Math.min(maxCompressedBytes, rules.maxBytes))
        const fault = scripts.get(admitted.id)?.() ?? Fault.pass
        inboxes.requested(admitted.id)
        changed()
        switch (fault._tag) {
          case "Status": {
            const more = fault.retryAfter === undefined ? {} : { "retry-after": String(fault.retryAfter) }
            const reason = `scripted: ${fault.status}`
            if (fault.body === undefined) return yield* new Refused({ status: fault.status, reason, headers: more })
            note(fault.status, reason)
            return yield* answer(fault.status, fault.body, { ...more, "content-type": "text/plain; charset=utf-8" })
          }
          case "Redirect": {
            const reason = `scripted: redirect to ${fault.location}`
            return yield* new Refused({ status: fault.status ?? 307, reason, headers: { location: fault.location } })
          }
          case "Hang":
            note(0, "scripted: hang")
            return yield* Effect.async<void>((resume) => void response.once("close", () => resume(Effect.void)))
          case "Reset":
            note(0, "scripted: reset")
            return void request.socket.resetAndDestroy()
          case "Drop":
            note(rules.successStatus, "scripted: answered success and kept nothing")
            return yield* answer(rules.successStatus, Otlp.encodeResponse(encoding))
          case "Delay":
            yield* Effect.sleep(fault.duration)
        }
        const body = yield* RequestBody.inflate(raw, compression, maxBytes)
        const decoded = Otlp.decode(body, encoding)
        if (Either.isLeft(decoded)) {
          return yield* new Refused({ status: rules.undecodableStatus, reason: decoded.left.message })
        }
        yield* Admission.checkResources(rules, decoded.right)
        const spans = Otlp.flatten(decoded.right)
        const fresh = Admission.fresh(rules, spans, receivedAt)
        const refused = fault._tag === "PartialSuccess" ? fault.rejectedSpans : 0
        const kept = fresh.slice(0, Math.max(0, fresh.length - refused))
        const rejectedSpans = spans.length - kept.length
        inboxes.keep(
          {
            account: admitted.id,
            receivedAt,
            method,
            path,
            headers,
            encoding,
            compression,
            raw,
            body,
            request: decoded.right,
            rejectedSpans
          },
          kept.map((span) => Admission.cut(rules, span))
        )
        changed()
        const old = `${rules.vendor} takes no span that ended more than ${rules.oldestSpan} seconds ago`
        const errorMessage = fault._tag === "PartialSuccess" ? fault.message : rejectedSpans > 0 ? old : undefined
        const partial = errorMessage === undefined ? undefined : { rejectedSpans, errorMessage }
        yield* answer(rules.successStatus, Otlp.encodeResponse(encoding, partial))
      }).pipe(
        Effect.catchAll(refuse),
        Effect.catchAllDefect((defect) =>
          Effect.sync(() => {
            note(0, `the receiver failed: ${Cause.pretty(Cause.die(defect))}`)
            request.socket.destroy()
          })
        )
      )
    }

    yield* Effect.forEach(options.accounts ?? [], addAccount, { discard: true })
    const run = yield* FiberSet.makeRuntime<never>()
    const server = yield* HttpServer.make(options.port ?? 0, {
      request: (request, response) => void run(handle(request, response)),
      connections: changed
    })

    return {
      url: server.origin,
      endpoint: (accountId) =>
        Effect.suspend(() => {
          const account = accounts.get(accountId)
          return account === undefined
            ? new ReceiverError({ reason: "UnknownAccount", detail: accountId })
            : Effect.succeed(server.origin + account.path)
        }),
      addAccount,
      removeAccount: (accountId) => Effect.sync(() => void accounts.delete(accountId)),
      received: (accountId) => Effect.sync(() => inboxes.deliveries(accountId).slice()),
      spans: (accountId) => Effect.sync(() => inboxes.spans(accountId).slice()),
      shown: (accountId) =>
        Effect.sync(() => {
          const { orphans } = accounts.get(accountId)?.rules ?? VendorRules.otlp
          return Shown.of(inboxes.spans(accountId), orphans)
        }),
      refusals: (accountId) =>
        Effect.sync(() =>
          inboxes.refusals().filter((refusal) => accountId === undefined || refusal.account === accountId)
        ),
      awaitSpans: (accountId, until) =>
        Effect.map(
          awaiting(
            () => inboxes.spans(accountId),
            typeof until === "number" ? (spans) => spans.length >= until : until
          ),
          (spans) => spans.slice()
        ),
      awaitRequests: (accountId, count) =>
        Effect.asVoid(
          awaiting(
            () => inboxes.requests(accountId),
            (requests) => requests >= count
          )
        ),
      clear: (accountId) => Effect.sync(() => inboxes.clear(accountId)),
      forgotten: Effect.sync(inboxes.forgotten),
      script: (accountId, steps) =>
        Effect.map(Script.make(steps), (script) => {
          scripts.set(accountId, script)
        }),
      connections: Effect.sync(() => server.connections().open),
      awaitConnections: (atMost) =>
        Effect.asVoid(
          awaiting(
            () => server.connections().open,
            (open) => open <= atMost
          )
        ),
      peakConnections: Effect.sync(() => server.connections().peak)
    }
  })

const identityOf = (account: Admission.Admittance): string =>
  JSON.stringify([account.path, Object.entries(account.headers).sort()])

/**
 * The receiver as a layer: one for all who share the layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<Receiver, ReceiverError> =>
  Layer.scoped(Receiver, make(options))
