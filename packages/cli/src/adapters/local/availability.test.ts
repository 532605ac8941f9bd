import { expect, it } from 'vitest'
import { Availability } from './availability.ts'

it('is the share of time, however often one looks', () => {
  const availability = new Availability(true, 1000)
  expect(availability.observe(true, 1000)).toEqual({ share: 1, overMs: 0 })
  availability.observe(true, 1400)
  availability.observe(false, 1900)
  expect(availability.observe(true, 2000)).toEqual({ share: 0.9, overMs: 1000 })
  expect(availability.observe(true, 3000).share).toBe(0.95)
})

it('does not run backwards', () => {
  const availability = new Availability(false, 1000)
  expect(availability.observe(false, 500)).toEqual({ share: 0, overMs: 0 })
})
