/**
 * The keys of attributes as bytes. The same ones come with every span, so they are encoded once.
 */

/** Longer ones are encoded each time: nobody means to use them often. */
const maxLength = 256

/** Once there are that many, all are forgotten: whoever makes up keys must not fill the memory, and those in use are soon known again. */
export const maxKeys: number = 2048

interface Entry {
  readonly key: string
  readonly bytes: Uint8Array
  /** Which key came after this one the last time: spans of one kind have theirs in one order. */
  next: Entry | undefined
}

const first = (): Entry => ({ key: "", bytes: new Uint8Array(), next: undefined })

/** Remembers what `encode` makes of a key. */
export class KeyCache {
  private readonly entries = new Map<string, Entry>()
  private last = first()

  constructor(private readonly encode: (key: string) => Uint8Array) {}

  get size(): number {
    return this.entries.size
  }

  bytesOf(key: string): Uint8Array {
    const { next } = this.last
    if (next === undefined || next.key !== key) return this.find(key)
    this.last = next
    return next.bytes
  }

  private find(key: string): Uint8Array {
    if (key.length > maxLength) return this.encode(key)
    const entry = this.entries.get(key) ?? this.add(key)
    this.last.next = entry
    this.last = entry
    return entry.bytes
  }

  private add(key: string): Entry {
    if (this.entries.size === maxKeys) {
      this.entries.clear()
      this.last = first()
    }
    // The name of a property is the engine's own copy: equal by address, and no slice that keeps a long text alive.
    const [own = key] = Object.keys({ [key]: true })
    const entry: Entry = { key: own, bytes: this.encode(key), next: undefined }
    this.entries.set(own, entry)
    return entry
  }
}
