import { distance } from 'fastest-levenshtein'
import { type SettingKey, settings } from './table.ts'

/** The setting that a key names: of all services of its role, or of one when the key begins with the name of a service. */
export type ParsedKey =
  | { ok: true; key: SettingKey; service?: string }
  | { ok: false; problem: string; suggestion?: string }

/** Reads a setting key as people write it: `kafka.heap`, `worker.memory`, or `worker-2.memory` for one worker. */
export function parseSettingKey(text: string): ParsedKey {
  if (isSettingKey(text)) return { ok: true, key: text }
  const own = /^(worker-[1-9]\d*)\.(memory|cpus|heap)$/.exec(text)
  if (own?.[1] !== undefined) return { ok: true, key: `worker.${own[2]}` as SettingKey, service: own[1] }
  const suggestion = nearest(text, Object.keys(settings))
  return {
    ok: false,
    problem: `"${text}" is not a setting`,
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(settings, text)
}

/** The candidate at the smallest edit distance, when that is at most 2 and less than the length of what was written. */
export function nearest(text: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined
  let least = Math.min(3, text.length)
  for (const candidate of candidates) {
    const edits = distance(text.toLowerCase(), candidate.toLowerCase())
    if (edits < least) {
      best = candidate
      least = edits
    }
  }
  return best
}
