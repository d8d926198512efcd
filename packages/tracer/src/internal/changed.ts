/**
 * A copy with some fields changed. What `{ ...self, field }` makes on Node 20 has a shape of its own each time, when the field is new: three times the
 * memory, and whoever reads it afterwards is slow.
 */
export const changed = <A extends object, B extends object>(self: A, fields: B): Omit<A, keyof B> & B => ({
  ...nothing,
  ...self,
  ...fields
})

/** A literal that does not begin with a spread of something is made field by field, along the shapes that are there. */
const nothing: object | undefined = undefined
