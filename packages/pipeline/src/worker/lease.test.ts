import { expect, it } from 'vitest'
import { createLease } from './lease.ts'

it('is held for a share of the session from the time that the request was sent, and again when it is confirmed', async () => {
  let now = 1000
  const lease = createLease({ sessionTimeoutMs: 10_000, nowMs: () => now })
  expect(lease.isHeld()).toBe(false)
  lease.confirm(1000)
  expect(lease.isHeld()).toBe(true)
  now = 8999
  expect(lease.isHeld()).toBe(true)
  now = 9000
  expect(lease.isHeld()).toBe(false)
  let held = false
  const waiting = lease.untilHeld().then(() => {
    held = true
  })
  // An answer that comes after a pause confirms the time before the pause.
  lease.confirm(900)
  await Promise.resolve()
  expect({ held, isHeld: lease.isHeld() }).toEqual({ held: false, isHeld: false })
  lease.confirm(8990)
  await waiting
  expect(lease.isHeld()).toBe(true)
})
