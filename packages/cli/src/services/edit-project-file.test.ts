import { parseIgnoreRules } from '@radtune/core/drift'
import { expect, it } from 'vitest'
import { addIgnoreRules, editSettings } from './edit-project-file.ts'

const FILE = `# of this project
profile: 4c8g   # the usual

settings:
  ## Batches

  kafka.heap:   512MiB   # measured

  # worker.memory: 2GiB
  producer.main.linger: 10ms
  ## The end

# after
`

it('changes one value and leaves every other character', () => {
  expect(editSettings(FILE, [{ name: 'kafka.heap', value: '768MiB' }])).toBe(FILE.replace('512MiB', '768MiB'))
})

it('puts new settings after the last one', () => {
  const edited = editSettings(FILE, [
    { name: 'kafka.cpus', value: 0.7 },
    { name: 'worker-2.memory', value: '1GiB' },
  ])
  expect(edited).toBe(
    FILE.replace('linger: 10ms\n', 'linger: 10ms\n  kafka.cpus: 0.7\n  worker-2.memory: 1GiB\n'),
  )
})

it.each([
  [undefined, 'settings:\n  kafka.cpus: 1\n'],
  ['', 'settings:\n  kafka.cpus: 1\n'],
  ['profile: 4c8g', 'profile: 4c8g\n\nsettings:\n  kafka.cpus: 1\n'],
  ['profile: 4c8g\nsettings:\n  # none\n', 'profile: 4c8g\nsettings:\n  kafka.cpus: 1\n  # none\n'],
  ['settings:\n    kafka.heap: 1GiB', 'settings:\n    kafka.heap: 1GiB\n    kafka.cpus: 1\n'],
  ['settings: {kafka.heap: 1GiB} # flow\n', 'settings: { kafka.heap: 1GiB, kafka.cpus: 1 } # flow\n'],
])('%j becomes %j', (before, after) => {
  expect(editSettings(before, [{ name: 'kafka.cpus', value: 1 }])).toBe(after)
})

it('adds rules that can be read again, after those that are there', () => {
  const rule = (path: string) => ({ path, reason: 'a: trial', owner: 'ops', until: '2026-12-31' })
  const once = addIgnoreRules(FILE, [rule('kafka.*')])
  expect(once.startsWith(FILE)).toBe(true)
  const twice = addIgnoreRules(once, [rule('*.heap')])
  expect(parseIgnoreRules(twice, 'radtune.yaml')).toMatchObject({
    ok: true,
    rules: [rule('kafka.*'), rule('*.heap')],
  })
})
