/** The next number of a sequence, from 0 up to but without 1. */
export type Draw = () => number

/** A short sequence of random numbers that follows from the seed and the row alone. Mulberry32 over a mix of the two. */
export function drawOf(seed: number, row: number): Draw {
  let state =
    (Math.imul(seed ^ 0x5bf03635, 0x9e3779b1) ^ Math.imul(row, 0x85ebca6b) ^ Math.floor(row / 2 ** 32)) | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let word = Math.imul(state ^ (state >>> 15), state | 1)
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61)
    return ((word ^ (word >>> 14)) >>> 0) / 4_294_967_296
  }
}
