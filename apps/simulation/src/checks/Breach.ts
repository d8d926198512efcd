/** What must never happen, and did. */

/** `check` names what was violated, the same for every instance of it; `message` says what it was this time. */
export interface Breach {
  readonly check: string
  readonly message: string
}
