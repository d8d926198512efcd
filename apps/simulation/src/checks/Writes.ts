/** Judges what is written to the disk: of whom it may tell, and what. */
import type { DestinationId } from "tenant-tracer"
import type { Run } from "../Run.js"
import * as Canary from "../world/Canary.js"
import type { Breach } from "./Breach.js"

const decoder = new TextDecoder("latin1")

/** What a destination's record may hold: what it may be sent, and no more. */
export const breach = (run: Run, id: DestinationId.DestinationId, bytes: Uint8Array): Breach | undefined => {
  const account = run.accounts.get(id)
  const text = decoder.decode(bytes)
  const wrong = (message: string): Breach => ({ check: "canary", message: `${message} on the disk for ${id}` })
  if (account === undefined) return { check: "canary", message: `a record for ${id}, which nobody has` }
  const disguise = Canary.disguised(text)
  if (disguise !== undefined) return wrong(disguise)
  const mayHaveContent = run.world.settings.content === "full" && account.plan.content === "full"
  for (const { kind, owner, text: canary } of Canary.find(text)) {
    const isRight =
      (kind === "prompt" && mayHaveContent) ||
      kind === "error" ||
      (kind === "fact" && (account.tenant === undefined || account.tenant === owner))
    if (!isRight) return wrong(canary)
  }
  return undefined
}
