/**
 * A map that knows which of its entries was used longest ago. A `Map` knows it, too, in the order of insertion; but whoever takes the first and adds
 * one at the end again and again walks past all that was taken, each time.
 */

interface Node<K, V> {
  readonly key: K
  value: V
  older: Node<K, V> | undefined
  newer: Node<K, V> | undefined
}

export class Recency<K, V> {
  private readonly nodes = new Map<K, Node<K, V>>()
  private oldest: Node<K, V> | undefined = undefined
  private newest: Node<K, V> | undefined = undefined

  get size(): number {
    return this.nodes.size
  }

  /** Without using it. */
  peek(key: K): V | undefined {
    return this.nodes.get(key)?.value
  }

  /** From now on it is the newest. */
  use(key: K): V | undefined {
    const node = this.nodes.get(key)
    if (node === undefined) return undefined
    if (node !== this.newest) {
      this.unlink(node)
      this.append(node)
    }
    return node.value
  }

  set(key: K, value: V): void {
    const known = this.nodes.get(key)
    if (known !== undefined) {
      known.value = value
      this.use(key)
      return
    }
    const node: Node<K, V> = { key, value, older: undefined, newer: undefined }
    this.nodes.set(key, node)
    this.append(node)
  }

  delete(key: K): boolean {
    const node = this.nodes.get(key)
    if (node === undefined) return false
    this.nodes.delete(key)
    this.unlink(node)
    return true
  }

  clear(): void {
    this.nodes.clear()
    this.oldest = undefined
    this.newest = undefined
  }

  /** From the oldest on. What is removed meanwhile is left out, unless it is next. */
  *[Symbol.iterator](): Generator<readonly [key: K, value: V]> {
    for (let node = this.oldest; node !== undefined; ) {
      const { newer } = node
      yield [node.key, node.value]
      node = newer
    }
  }

  private append(node: Node<K, V>): void {
    node.older = this.newest
    if (this.newest === undefined) this.oldest = node
    else this.newest.newer = node
    this.newest = node
  }

  private unlink(node: Node<K, V>): void {
    if (node.older === undefined) this.oldest = node.newer
    else node.older.newer = node.newer
    if (node.newer === undefined) this.newest = node.older
    else node.newer.older = node.older
    node.older = undefined
    node.newer = undefined
  }
}
