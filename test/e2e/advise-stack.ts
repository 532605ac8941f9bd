import { expect } from 'vitest'
import type { AdviseData } from '../../packages/cli/src/output/advise-data.ts'
import { runJson } from './radtune.ts'

export const VERIFY_MS = 9000

/** Flags of `radtune up`: windows short enough for a test, long enough for a mean. */
export const SHORT = pins('advice.window=3s', 'advice.windows=2', 'advice.settle=4s')

/** Judges by one rule and makes its step, compared over `verifyMs`. */
export const applying = (rule: string, verifyMs = VERIFY_MS) => [
  '--apply',
  '--verify',
  `${verifyMs}ms`,
  '--only',
  rule,
]

export function pins(...assignments: string[]): string[] {
  return assignments.flatMap((assignment) => ['--set', assignment])
}

export const up = (project: string, ...args: string[]) => upWith(project, '4c8g', ...args)

export async function upWith(project: string, profile: string, ...args: string[]): Promise<void> {
  const all = ['up', '--profile', profile, '--port', 'auto', '--timeout', '120s', ...args]
  expect((await runJson(project, all)).document).toMatchObject({ error: null, ok: true })
}

export async function advise(project: string, ...args: string[]): Promise<AdviseData> {
  const { document } = await runJson(project, ['advise', ...args])
  expect(document.error).toBeNull()
  return document.data as AdviseData
}

/** Asks again and again until the answer is there: collections of garbage and other work on the machine come in between. */
export async function adviseUntil(
  project: string,
  args: readonly string[],
  isThere: (data: AdviseData) => boolean,
): Promise<AdviseData> {
  for (const giveUpAt = Date.now() + 60_000; ; ) {
    const data = await advise(project, ...args)
    if (isThere(data)) return data
    expect(Date.now(), JSON.stringify(data.rules)).toBeLessThan(giveUpAt)
  }
}

/** A step of which nothing could be said, because other work came in between, is taken back and tried again. */
export const isDecided = ({ outcome }: AdviseData) =>
  outcome !== null && outcome.verdict.verdict !== 'inconclusive'

/** What `radtune get` says of one setting. */
export async function setting(project: string, key: string): Promise<unknown> {
  return (await runJson(project, ['get', key])).document.data.settings[0].value
}
