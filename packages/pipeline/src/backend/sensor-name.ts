/** The longest id is 200 characters, and two numbers follow. */
const MAX_LENGTH = 512
/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
const HASH_BASIS = 0x811c9dc5
const HASH_PRIME = 0x01000193

/** The name of a sensor while its reading is taken in: characters and their hash, written over by the next one. */
export class SensorName {
  readonly #codes = new Uint16Array(MAX_LENGTH)
  #length = 0
  #hash = HASH_BASIS

  /** 32 bits, signed. */
  get hash(): number {
    return this.#hash | 0
  }

  /** Begins a new name. */
  begin(text: string): this {
    this.#length = 0
    this.#hash = HASH_BASIS
    return this.text(text)
  }

  text(text: string): this {
    for (let at = 0; at < text.length; at += 1) this.#append(text.charCodeAt(at))
    return this
  }

  is(text: string): boolean {
    if (text.length !== this.#length) return false
    for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) !== this.#codes[at]) return false
    return true
  }

  toString(): string {
    return String.fromCharCode(...this.#codes.subarray(0, this.#length))
  }

  #append(code: number): void {
    this.#codes[this.#length] = code
    this.#length += 1
    this.#hash = Math.imul(this.#hash ^ code, HASH_PRIME)
  }
}
