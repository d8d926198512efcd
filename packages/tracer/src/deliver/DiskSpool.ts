/**
 * The spool on disk: append-only files, encrypted for each tenant, that survive the process.
 *
 * Records are written to segments, one file after the other, and never changed; what is settled is written beside. A new process reads what earlier
 * ones left and never writes to their segments. Damage costs the records that it touches and no others.
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as engine from "./internal/spool/engine.js"
import * as files from "./internal/spool/files.js"
import * as keys from "./internal/spool/keys.js"
import { Spool, type SpoolError, type SpoolLocked } from "./Spool.js"

/**
 * A master key: at least 32 bytes drawn at random, such as `openssl rand -base64 32` prints; a text is used as it is.
 *
 * @since 0.1.0
 * @category models
 */
export type Secret = Redacted.Redacted<string | Uint8Array>

/**
 * A master key and its name, which is written to the files: 1 to 64 letters, digits, dots, dashes and underscores. A name must not come back with
 * another secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface Key {
  readonly id: string
  readonly secret: Secret
}

/**
 * Keys that rotate: `current` encrypts, `previous` read what was written before. Instead of a list they may be looked up by their id, each once and
 * within 10 seconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyRing {
  readonly current: Key
  readonly previous?: ReadonlyArray<Key> | ((id: string) => Effect.Effect<Option.Option<Secret>, unknown>) | undefined
}

/**
 * Where and how much is kept.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** A directory of this process alone; it is made, with mode 0700, if it is not there. Files of others in it are left alone. */
  readonly directory: string
  /** From it a key for each tenant is derived. A secret by itself is named after a digest of it. */
  readonly key: Secret | KeyRing
  /** Bytes of all files. Default 1 GiB. The oldest segment goes where there would be more. */
  readonly maxBytes?: number | undefined
  /** Records, so that their index stays within about 150 MB. Default 1,000,000. */
  readonly maxRecords?: number | undefined
  /** How old a record may be at least before it goes, and a tenth more at most. Default 24 hours. */
  readonly maxAge?: Duration.DurationInput | undefined
  /** When a segment has this size, the next one is begun. Default 16 MiB, at most a quarter of `maxBytes`. */
  readonly segmentBytes?: number | undefined
  /**
   * `none`: what is written survives this process; `batch`: it survives the machine, too, for an fsync that all records share that wait for it.
   * Default `none`.
   */
  readonly fsync?: "none" | "batch" | undefined
  /** How long closing it may take. Default 10 seconds. */
  readonly closeDeadline?: Duration.DurationInput | undefined
}

/**
 * Opens a spool until the scope closes: takes the directory, reads what earlier processes left, and fails if another one is still there.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<Spool.Service, SpoolError | SpoolLocked, Scope.Scope> =>
  Effect.flatMap(keys.make(options.key), (made) => {
    const maxBytes = options.maxBytes ?? 1024 ** 3
    return engine.make({
      files: files.node,
      directory: options.directory,
      keys: made,
      maxBytes,
      maxRecords: options.maxRecords ?? 1_000_000,
      maxAge: Duration.toMillis(options.maxAge ?? "24 hours"),
      segmentBytes: Math.min(options.segmentBytes ?? 16 * 1024 * 1024, maxBytes / 4),
      fsync: options.fsync ?? "none",
      closeDeadline: options.closeDeadline ?? "10 seconds",
      wallClock: Date.now
    })
  })

/**
 * The spool on disk as a layer.
 *
 * @example
 * ```ts
 * import { DiskSpool } from "@tenant-tracer/tracer"
 * import { Config, Duration, Effect, Layer } from "effect"
 *
 * export const SpoolLayer = Layer.unwrapEffect(
 *   Effect.map(Config.redacted("SPOOL_KEY"), (key) =>
 *     DiskSpool.layer({ directory: "/var/lib/gateway/spool", key, maxAge: Duration.hours(6), fsync: "batch" })
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Spool, SpoolError | SpoolLocked> =>
  Layer.scoped(Spool, make(options))

const isPositive = (value: number) => Number.isSafeInteger(value) && value > 0

/**
 * The spool on disk as the environment says: `TENANT_TRACER_SPOOL_DIRECTORY` (without it there is none), `TENANT_TRACER_SPOOL_KEY`, and where they are
 * set `TENANT_TRACER_SPOOL_MAX_BYTES`, `TENANT_TRACER_SPOOL_MAX_AGE` (such as `24 hours`) and `TENANT_TRACER_SPOOL_FSYNC` (`none` or `batch`). A value
 * that cannot be used is an error that names it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig: Layer.Layer<never, ConfigError.ConfigError | SpoolError | SpoolLocked> = Layer.unwrapEffect(
  Effect.map(
    Config.all({
      directory: Config.option(Config.nonEmptyString("TENANT_TRACER_SPOOL_DIRECTORY")),
      key: Config.option(Config.redacted(Config.nonEmptyString("TENANT_TRACER_SPOOL_KEY"))),
      maxBytes: Config.option(
        Config.integer("TENANT_TRACER_SPOOL_MAX_BYTES").pipe(
          Config.validate({ message: "expected a number of bytes above zero", validation: isPositive })
        )
      ),
      maxAge: Config.option(Config.duration("TENANT_TRACER_SPOOL_MAX_AGE")),
      fsync: Config.option(Config.literal("none", "batch")("TENANT_TRACER_SPOOL_FSYNC"))
    }).pipe(
      Config.mapOrFail((env) =>
        Option.isSome(env.directory) && Option.isNone(env.key)
          ? Either.left(
              ConfigError.MissingData(
                ["TENANT_TRACER_SPOOL_KEY"],
                "is needed with TENANT_TRACER_SPOOL_DIRECTORY: make one with `openssl rand -base64 32`"
              )
            )
          : Either.right(env)
      )
    ),
    ({ directory, fsync, key, maxAge, maxBytes }): Layer.Layer<never, SpoolError | SpoolLocked> =>
      Option.isNone(directory) || Option.isNone(key)
        ? Layer.empty
        : layer({
            directory: directory.value,
            key: key.value,
            maxBytes: Option.getOrUndefined(maxBytes),
            maxAge: Option.getOrUndefined(maxAge),
            fsync: Option.getOrUndefined(fsync)
          })
  )
)
