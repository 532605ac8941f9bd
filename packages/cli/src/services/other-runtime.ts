import { RadtuneError } from '@radtune/core/errors'
import { formatBytes } from '@radtune/core/units'
import type { Runtime } from '../ports/runtime.ts'
import type { Launching } from './launch-stack.ts'

/**
 * Makes sure that a project is in one runtime at a time. One that cannot be asked, as an engine that was stopped, runs nothing now. Throws RT-UP-011 while its stack runs in the other one, and RT-UP-012
 * when that one holds data which the launch would go on without, and nobody agrees. The data stay where they are.
 */
export async function leaveOtherRuntime({
  world,
  talk,
  warn,
}: Pick<Launching, 'world' | 'talk' | 'warn'>): Promise<void> {
  const { runtime, otherRuntime: other } = world
  if (await runsThere(other, warn))
    throw new RadtuneError('RT-UP-011', {
      what: `the stack of this project runs in the ${other.name} runtime, and ${runtime.name} was asked for`,
      why: 'the two share neither data nor ports',
      fix: ['radtune down', `radtune up --runtime ${other.name}`],
      left: 'nothing was changed',
    })
  if (await runtime.data()) return
  const data = await other.data()
  if (!data) return
  const held = `${formatBytes(data.bytes)} of ${data.profile}`
  const answered = await talk.confirm?.(
    `The ${other.name} runtime holds data of this project (${held}), which ${runtime.name} does not see. Start without them?`,
  )
  if (answered) return
  throw new RadtuneError('RT-UP-012', {
    what: `the ${other.name} runtime holds data of this project, and ${runtime.name} was asked for`,
    why: `${runtime.name} would start without the ${held}; ${answered === undefined ? 'nobody is there to answer' : 'the answer was no'}`,
    fix: [`radtune up --runtime ${other.name}`, `radtune up --runtime ${runtime.name} --yes`],
    left: 'nothing was changed',
  })
}

async function runsThere(other: Runtime, warn: (text: string) => void): Promise<boolean> {
  try {
    return (await other.inspect()) !== undefined
  } catch (error) {
    if (!(error instanceof RadtuneError)) throw error
    warn(`whether the project also runs in the ${other.name} runtime cannot be told: ${error.message}`)
    return false
  }
}
