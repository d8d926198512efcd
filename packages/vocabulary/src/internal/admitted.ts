/**
 * A writer before a writer: some keys pass and others do not. A class, since one is made for each span that is written.
 */
import type { AttributeWriter } from "@tenant-tracer/model/Vocabulary"

/** Hands on what `admits` lets through; of values that are not written it is not asked. */
export class Admitted implements AttributeWriter {
  constructor(
    private readonly out: AttributeWriter,
    private readonly admits: (key: string) => boolean
  ) {}

  string(key: string, value: string | undefined): void {
    if (value !== undefined && this.admits(key)) this.out.string(key, value)
  }

  int(key: string, value: number | undefined): void {
    if (value !== undefined && this.admits(key)) this.out.int(key, value)
  }

  double(key: string, value: number | undefined): void {
    if (value !== undefined && this.admits(key)) this.out.double(key, value)
  }

  boolean(key: string, value: boolean | undefined): void {
    if (value !== undefined && this.admits(key)) this.out.boolean(key, value)
  }

  strings(key: string, value: ReadonlyArray<string> | undefined): void {
    if (value !== undefined && value.length > 0 && this.admits(key)) this.out.strings(key, value)
  }

  json(key: string, value: unknown): void {
    if (value !== undefined && this.admits(key)) this.out.json(key, value)
  }
}
