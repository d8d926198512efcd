/**
 * Facts of a trace for back ends that keep them as metadata: a flat record under plain names.
 */
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"

/**
 * The trace's metadata, with whose request it is: nobody's metadata can pretend to be another team. `more` is what the back end has no key for; of
 * two with one name the metadata's stays.
 */
export const metadata = (
  { facts }: TypedSpan,
  more: Readonly<Record<string, string | undefined>> = {}
): Readonly<Record<string, string | undefined>> => ({
  ...more,
  ...facts.metadata,
  team_id: facts.team?.id,
  team_alias: facts.team?.alias,
  team_user_id: facts.user,
  key_hash: facts.key?.hash,
  key_alias: facts.key?.alias,
  organization_id: facts.organization
})
