/**
 * How MCP travels: its own names of transports in the words of the network conventions.
 *
 * @since 0.1.0
 */

/**
 * `network.transport`, and `network.protocol.name` where there is a protocol above it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Network {
  readonly transport: string
  readonly protocol?: string
}

const networks: ReadonlyMap<string, Network> = new Map([
  ["stdio", { transport: "pipe" }],
  ["http", { transport: "tcp", protocol: "http" }],
  ["sse", { transport: "tcp", protocol: "http" }],
  ["streamable_http", { transport: "tcp", protocol: "http" }]
])

/**
 * What a transport of MCP is on the wire; one that is not known is taken to be named by the wire's own word, nothing is nothing.
 *
 * @since 0.1.0
 * @category conversions
 */
export const network = (transport: string | undefined): Network | undefined =>
  transport === undefined ? undefined : (networks.get(transport) ?? { transport })

/**
 * The transport of MCP that the network conventions' words tell of; one that is not known keeps the wire's own word.
 *
 * @since 0.1.0
 * @category conversions
 */
export const named = (transport: string | undefined, protocol: string | undefined): string | undefined => {
  for (const [name, one] of networks) if (one.transport === transport && one.protocol === protocol) return name
  return transport
}
