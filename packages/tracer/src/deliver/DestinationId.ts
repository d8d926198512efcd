/**
 * The stable name of one back end of one tenant: what queues, the ledger, logs and metrics are keyed by. It never contains a credential, and it
 * stays the same when a credential is rotated.
 *
 * @since 0.1.0
 */
import * as Brand from "effect/Brand"

/**
 * `tenant/name`, both escaped so that the text can be taken apart again and printed anywhere.
 *
 * @since 0.1.0
 * @category models
 */
export type DestinationId = string & Brand.Brand<"DestinationId">

const brand = Brand.nominal<DestinationId>()

const operatorPart = "operator"

const hex = (char: string): string => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`

// encodeURIComponent throws on a lone surrogate, and a tenant's id is whatever somebody typed.
// A control character would break a line of a log.
const escapePart = (text: string): string => text.replace(/[%/\u0000-\u0020\u007f]/g, hex)

const unescapePart = (text: string): string =>
  text.replace(/%([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)))

/**
 * Names a tenant's destination. A tenant that is called `operator` is not the operator.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: { readonly tenant: string; readonly name: string }): DestinationId => {
  const part = escapePart(options.tenant)
  return brand(`${part === operatorPart ? `%6F${part.slice(1)}` : part}/${escapePart(options.name)}`)
}

/**
 * Names one of the operator's own destinations, which no tenant's id can equal.
 *
 * @since 0.1.0
 * @category constructors
 */
export const operator = (name: string): DestinationId => brand(`${operatorPart}/${escapePart(name)}`)

/**
 * Whether the destination is the operator's own; the tenant's name alone does not tell.
 *
 * @since 0.1.0
 * @category guards
 */
export const isOperator = (self: DestinationId): boolean => self.startsWith(`${operatorPart}/`)

/**
 * Whose destination it is, as a name that no other tenant has, nor the operator.
 *
 * @since 0.1.0
 * @category getters
 */
export const owner = (self: DestinationId): string => self.slice(0, self.indexOf("/"))

/**
 * The tenant as it was given to `make`; `operator` for the operator's own destinations.
 *
 * @since 0.1.0
 * @category getters
 */
export const tenant = (self: DestinationId): string => unescapePart(self.slice(0, self.indexOf("/")))

/**
 * The destination's name, unique within its tenant.
 *
 * @since 0.1.0
 * @category getters
 */
export const name = (self: DestinationId): string => unescapePart(self.slice(self.indexOf("/") + 1))
