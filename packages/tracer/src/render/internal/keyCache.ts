/**
 * The keys of attributes as bytes. The same ones come with every span, so they are encoded once.
 */
import { type ByteBuffer, written } from "./byteBuffer.js"
import { Piece } from "./piece.js"

/** Longer ones are encoded each time: nobody means to use them often. */
const maxLength = 256

/** Once there are that many, all are forgotten: whoever makes up keys must not fill the memory, and those in use are soon known again. */
export const maxKeys: number = 2048

interface Entry {
  readonly key: string
  readonly piece: Piece
  /** Which key came after this one the last time: spans of one kind have theirs in one order. */
  next: Entry | undefined
}

const first = (): Entry => ({ key: "", piece: new Piece(new Uint8Array()), next: undefined })

/** Remembers what `write` writes of a key. */
export class KeyCache {
  private readonly entries = new Map<string, Entry>()
  private last = first()

  constructor(private readonly write: (out: ByteBuffer, key: string) => void) {}

  get size(): number {
    return this.entries.size
  }

  pieceOf(key: string): Piece {
    const { next } = this.last
    if (next === undefined || next.key !== key) return this.find(key)
    this.last = next
    return next.piece
  }

  private find(key: string): Piece {
    if (key.length > maxLength) return this.encode(key)
    const entry = this.entries.get(key) ?? this.add(key)
    this.last.next = entry
    this.last = entry
    return entry.piece
  }

  private encode(key: string): Piece {
    return new Piece(written((out) => this.write(out, key)))
  }

  private add(key: string): Entry {
    if (this.entries.size === maxKeys) {
      this.entries.clear()
      this.last = first()
    }
    // The name of a property is the engine's own copy: equal by address, and no slice that keeps a long text alive.
    const [own = key] = Object.keys({ [key]: true })
    const entry: Entry = { key: own, piece: this.encode(key), next: undefined }
    this.entries.set(own, entry)
    return entry
  }
}
