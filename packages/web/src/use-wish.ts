import { useEffect, useEffectEvent, useState } from 'react'
import type { WriteAnswer } from './write-setting.ts'

/** A value that was asked for and is not in force yet, or what is in force. */
export interface Wish<Value> {
  shown: Value
  pending: boolean
  /** Why the last wish did not come true; null while nothing is wrong. */
  problem: string | null
  ask(value: Value): void
}

/** Services take a setting within a second or two of its being written. */
const PATIENCE_MS = 10_000
/** After this what went wrong is no longer news. */
const PROBLEM_SHOWN_MS = 30_000

/** Shows what was asked for until it is in force; falls back to what is in force when it is refused or does not come. */
export function useWish<Value>({
  inForce,
  same = Object.is,
  send,
}: {
  inForce: Value
  same?: (one: Value, other: Value) => boolean
  send(value: Value): Promise<WriteAnswer>
}): Wish<Value> {
  const [wish, setWish] = useState<{ value: Value; written: boolean } | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const come = wish !== null && same(wish.value, inForce)
  const waiting = wish?.written ?? false

  useEffect(() => {
    if (come) setWish(null)
  }, [come])
  useAfter(PATIENCE_MS, waiting && wish, () => {
    setWish(null)
    setProblem(`Written, but not in force after ${PATIENCE_MS / 1000} s.`)
  })
  useAfter(PROBLEM_SHOWN_MS, problem, () => setProblem(null))

  return {
    shown: wish ? wish.value : inForce,
    pending: wish !== null && !come,
    problem,
    async ask(value) {
      const asked = { value, written: false }
      setWish(asked)
      setProblem(null)
      const answer = await send(value)
      // Another wish may have come since.
      if (answer.ok) return setWish((now) => (now === asked ? { value, written: true } : now))
      setWish((now) => (now === asked ? null : now))
      setProblem(answer.problem)
    },
  }
}

/** Does something once, so long after `since` last became what it is; nothing while it is null or false. */
function useAfter(ms: number, since: unknown, act: () => void): void {
  const done = useEffectEvent(act)
  useEffect(() => {
    if (since === null || since === false) return
    const timer = setTimeout(done, ms)
    return () => clearTimeout(timer)
  }, [ms, since])
}
