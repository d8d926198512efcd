/**
 * Reads URLs without throwing. (`URL.canParse` of Node 20 and 22 takes valid hosts such as `bücher.example` for invalid, once it is compiled.)
 */

/** The URL, or `undefined` if the text is none. */
export const parse = (text: string): URL | undefined => {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
