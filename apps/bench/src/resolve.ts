/** Where a package of ours is found: `dist` in place of `src`, which its `package.json` says only once it is published. */

interface Found {
  readonly url: string
}

/** The hook of `node:module`. */
export const resolve = async (
  specifier: string,
  context: unknown,
  next: (specifier: string, context: unknown) => Promise<Found>
): Promise<Found> => {
  const found = await next(specifier, context)
  return { ...found, url: built(found.url) }
}

/** The built module of a source. */
export const built = (url: string): string => url.replace(/(\/packages\/[^/]+)\/src\/(.+)\.ts$/, "$1/dist/$2.js")
