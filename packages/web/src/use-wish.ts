import { useEffect, useState } from 'react'
import type { WriteAnswer } from './write-setting.ts'

/** A value that was asked for and is not in force yet, or what is in force. */
export interface Wish<Value> {
  shown: Value
  pending: boolean
  /** Why the last wish did not come true; null while nothing is wrong. */
  problem: string | null
  ask(value: Value): void
}

/** Services take a setting within a second or two. */
const PATIENCE_MS = 10_000

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
  const [wish, setWish] = useState<{ value: Value } | null>(null)
  const [problem, setProblem] = useState<string | null>(null)
  const come = wish !== null && same(wish.value, inForce)

  useEffect(() => {
    if (come) setWish(null)
  }, [come])
  useEffect(() => {
    if (!wish) return
    const giveUp = setTimeout(() => {
      setWish(null)
      setProblem('Written, but not in force after 10 s.')
    }, PATIENCE_MS)
    return () => clearTimeout(giveUp)
  }, [wish])

  return {
    shown: wish ? wish.value : inForce,
    pending: wish !== null && !come,
    problem,
    async ask(value) {
      const asked = { value }
      setWish(asked)
      setProblem(null)
      const answer = await send(value)
      if (answer.ok) return
      setWish((now) => (now === asked ? null : now))
      setProblem(answer.problem)
    },
  }
}
