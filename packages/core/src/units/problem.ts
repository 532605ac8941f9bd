/** The answer of a parser of one value: the value, or a sentence that says what is wrong with the text. */
export type Parsed<T> = { ok: true; value: T } | { ok: false; problem: string }

export function parsed<T>(value: T): Parsed<T> {
  return { ok: true, value }
}

export function refused<T = never>(problem: string): Parsed<T> {
  return { ok: false, problem }
}
