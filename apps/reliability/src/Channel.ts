/** What is said between the process of a set-up and the one that makes the faults: a command and its answer, as plain data. */
import type { Footprint, Kind, Options, Said, Tenant } from "./SetUp.js"

/** What a set-up can be told. `open` gives the number by which `end` ends the request. */
export type Command =
  | { readonly _tag: "start"; readonly kind: Kind; readonly options: Options }
  | { readonly _tag: "emit"; readonly tenant: Tenant; readonly requests: number }
  | { readonly _tag: "open"; readonly tenant: Tenant }
  | { readonly _tag: "end"; readonly request: number }
  | { readonly _tag: "flush" }
  | { readonly _tag: "said" }
  | { readonly _tag: "footprint" }
  | { readonly _tag: "shutdown" }

/** A command with its number. */
export interface Question {
  readonly id: number
  readonly command: Command
}

/** The answer to the command of that number; `failed` where it could not be done. */
export interface Answer {
  readonly id: number
  readonly value?: number | Said | Footprint | undefined
  readonly failed?: string | undefined
}
