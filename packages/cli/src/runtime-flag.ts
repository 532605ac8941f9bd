import { RadtuneError } from '@radtune/core/errors'
import type { RuntimeWish } from './ports/runtime.ts'

/** The value of `--runtime` of a command; `any` when it was not given. Throws RT-CLI-003. */
export function readRuntime(text: string | undefined, command: string): RuntimeWish {
  if (text === undefined) return 'any'
  if (text === 'local' || text === 'docker') return text
  throw new RadtuneError('RT-CLI-003', {
    what: `--runtime ${text} is not a runtime`,
    why: 'there are two: docker and local',
    fix: [`radtune ${command} --runtime local`],
  })
}
