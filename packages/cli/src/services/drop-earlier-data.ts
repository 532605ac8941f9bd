import { RadtuneError } from '@radtune/core/errors'
import type { StackSpec } from '@radtune/core/stack'
import { formatBytes } from '@radtune/core/units'
import type { StackState } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import type { LaunchRequest, LaunchTalk } from './launch-stack.ts'

/**
 * Drops what earlier launches left, when that was asked for or when another profile left it, and asks before anything is
 * lost. True when whatever ran before is gone. Throws RT-UP-006 and RT-UP-009 when nobody agrees.
 */
export async function dropEarlierData(
  { world, request, talk }: { world: StackWorld; request: Pick<LaunchRequest, 'fresh'>; talk: LaunchTalk },
  { spec, running }: { spec: StackSpec; running: StackState | undefined },
): Promise<boolean> {
  const data = await world.runtime.data()
  const foreign = data !== undefined && data.profile !== spec.profile
  if (!request.fresh && !foreign) return false
  if (data !== undefined) await confirmDrop(request, talk, { data, wanted: spec.profile, foreign })
  if (running) {
    talk.onEvent({ kind: 'stopping', why: 'its data are dropped' })
    await world.runtime.stop({ onEvent: (event) => talk.onEvent({ kind: 'runtime', event }) })
  }
  if (data !== undefined) {
    talk.onEvent({ kind: 'dropping', ...data })
    await world.runtime.dropData()
  }
  return true
}

async function confirmDrop(
  { fresh }: Pick<LaunchRequest, 'fresh'>,
  { confirm }: LaunchTalk,
  { data, wanted, foreign }: { data: { profile: string; bytes: number }; wanted: string; foreign: boolean },
): Promise<void> {
  const held = `${formatBytes(data.bytes)} of ${data.profile}`
  const answered = await confirm?.(
    foreign && !fresh
      ? `The project holds data of profile ${data.profile} (${formatBytes(data.bytes)}), which ${wanted} cannot use. Drop them?`
      : `Drop the earlier data (${held})?`,
  )
  if (answered) return
  const unanswered = answered === undefined
  throw foreign && !fresh
    ? new RadtuneError('RT-UP-006', {
        what: `the project holds data of profile ${data.profile}, and ${wanted} was asked for`,
        why: `${held} are in .radtune; ${unanswered ? 'nobody is there to answer whether to drop them' : 'they were not to be dropped'}`,
        fix: ['radtune up --fresh --yes', `radtune up --profile ${data.profile}`],
        left: 'nothing was changed',
      })
    : new RadtuneError('RT-UP-009', {
        what: '--fresh was not confirmed',
        why: `${held} would be dropped; ${unanswered ? 'nobody is there to answer' : 'the answer was no'}`,
        left: 'nothing was changed',
      })
}
