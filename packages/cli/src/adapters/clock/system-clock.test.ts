import { expect, it } from 'vitest'
import { systemClock } from './system-clock.ts'

it('a sleep ends with the reason of its signal', async () => {
  const abort = new AbortController()
  const sleeping = systemClock.sleep(60_000, abort.signal)
  abort.abort(new Error('enough'))
  await expect(sleeping).rejects.toThrow('enough')
  await expect(systemClock.sleep(60_000, abort.signal)).rejects.toThrow('enough')
})
