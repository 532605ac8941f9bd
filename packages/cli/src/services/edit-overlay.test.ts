import { describe, expect, it } from 'vitest'
import { editOverlay } from './edit-overlay.ts'
import { parseSettingsFile } from './read-project-pins.ts'

const pinsOf = (text: string) =>
  Object.fromEntries(
    parseSettingsFile(text, { file: 'overlay.yaml', origin: 'overlay' }).pins.map(({ key, value }) => [
      key,
      value,
    ]),
  )

describe('editOverlay', () => {
  it('makes an overlay that is read back, and says in it what it is', () => {
    const text = editOverlay(undefined, [
      { name: 'producer.main.linger', value: '20ms' },
      { name: 'pipeline.parallelism', value: 3 },
    ])
    expect(text).toMatch(/^# What radtune set and the page changed/)
    expect(pinsOf(text)).toEqual({ 'producer.main.linger': 20, 'pipeline.parallelism': 3 })
  })

  it('keeps comments, order and everything else', () => {
    const before =
      '# mine\nprofile: 2c4g\nsettings:\n  # slow link\n  producer.main.linger: 5ms # tried 2\n  kafka.heap: 300MiB\n'
    const after = editOverlay(before, [
      { name: 'producer.main.linger', value: 7 },
      { name: 'provider.rate', value: 500 },
    ])
    expect(after).toBe(
      '# mine\nprofile: 2c4g\nsettings:\n  # slow link\n  producer.main.linger: 7 # tried 2\n  kafka.heap: 300MiB\n  provider.rate: 500\n',
    )
  })

  it.each([undefined, '', '# nothing yet\n', 'settings:\n', 'profile: 4c8g\n'])(
    'takes out again what it put in (%j)',
    (before) => {
      const set = editOverlay(before, [{ name: 'provider.rate', value: 1 }])
      expect(pinsOf(set)).toEqual({ 'provider.rate': 1 })
      expect(pinsOf(editOverlay(set, [{ name: 'provider.rate', value: undefined }]))).toEqual({})
    },
  )

  it('does not mind taking out what is not there', () => {
    expect(pinsOf(editOverlay(undefined, [{ name: 'provider.rate', value: undefined }]))).toEqual({})
  })
})
