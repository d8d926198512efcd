/** Which of the vocabularies that vendors want there are. */
import type { VocabularyRef } from "@tenant-tracer/model/Vocabulary"

/** Every other one that a vendor wants is made of the conventions until it is here. */
const names: ReadonlySet<string> = new Set(["genai", "openinference"])

/** Those that a vendor wants and that there are; else the conventions, which everybody reads. */
export const existing = (wanted: ReadonlyArray<VocabularyRef>): ReadonlyArray<VocabularyRef> => {
  const found = wanted.filter(({ name }) => names.has(name))
  return found.length > 0 ? found : [{ name: "genai" }]
}
