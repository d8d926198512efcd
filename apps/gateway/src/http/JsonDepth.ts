/** How deep JSON from outside may be nested: those who read it, or write it again, run out of stack at some depth. */

/** More than anybody means. */
export const most = 100

/** Whether a value is nested more deeply than so many levels. */
export const exceeds = (value: unknown, levels: number = most): boolean =>
  typeof value === "object" &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => exceeds(inner, levels - 1)))
