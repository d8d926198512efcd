/**
 * A few bytes that are written often: eight at a time, since to call native code for them takes longer. They are moved as doubles, which keep their
 * bits unless they are NaN. No eight bytes of UTF-8 are, where each byte from 0xf0 on is followed by one from 0x80 to 0xbf; a tag or a length between
 * them makes none either.
 */

/** `words` are the bytes and, behind them, zeros. */
export class Piece {
  readonly length: number
  readonly words: Float64Array

  constructor(bytes: Uint8Array) {
    this.length = bytes.length
    this.words = new Float64Array(Math.ceil(bytes.length / 8))
    new Uint8Array(this.words.buffer).set(bytes)
  }
}
