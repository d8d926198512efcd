/**
 * How the files of a spool are called: when and by whom a segment was begun, so that names sort by age and are never used twice, and beside it
 * what is settled of it. Whatever is called otherwise is somebody else's.
 */

/** Ends the name of the file with what is settled of a segment, which begins with the segment's own. */
export const acknowledgements = ".settled"

/** The parts of a segment's name: milliseconds since the epoch, a number that counts up in its process, 16 hex digits of that process. */
export interface Parts {
  readonly createdAt: number
  readonly sequence: number
  readonly writer: string
}

export const make = ({ createdAt, sequence, writer }: Parts): string =>
  `${String(createdAt).padStart(15, "0")}-${String(sequence).padStart(9, "0")}-${writer}.spool`

/** What a segment's name says; `undefined` for any other name. */
export const parse = (name: string): Parts | undefined => {
  const [, createdAt, sequence, writer] = /^(\d{15})-(\d{9})-([0-9a-f]{16})\.spool$/.exec(name) ?? []
  return writer === undefined ? undefined : { createdAt: Number(createdAt), sequence: Number(sequence), writer }
}

/** The segment that a file of settled records is of; `undefined` for any other name. */
export const segmentOf = (name: string): string | undefined => {
  const segment = name.slice(0, -acknowledgements.length)
  return name.endsWith(acknowledgements) && parse(segment) !== undefined ? segment : undefined
}
