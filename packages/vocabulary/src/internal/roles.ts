/**
 * The shape of a vocabulary: one function per role. A role that is missing does not compile.
 */
import type * as SpanData from "@tenant-tracer/model/SpanData"
import type { TypedSpan } from "@tenant-tracer/model/Vocabulary"

/** How each role's payload is written. */
export type RoleWriters<Out> = {
  readonly [Role in SpanData.SpanData["_tag"]]: (
    data: SpanData.Read<SpanData.Of<Role>>,
    span: TypedSpan,
    out: Out
  ) => void
}

/** Writes a span's payload with the function for its role; a span without a role has none. */
export const write = <Out>(roles: RoleWriters<Out>, span: TypedSpan, out: Out): void => {
  if (span.data === undefined) return
  // The tag picks the function for this very payload, which the compiler does not follow through the union.
  const writeData = roles[span.data._tag] as (data: SpanData.Read, span: TypedSpan, out: Out) => void
  writeData(span.data, span, out)
}
