import { describe, expect, it } from 'vitest'
import { matchesPath, parseIgnoreRules } from './ignore-rules.ts'

const rule = `
    - path: kafka.*
      reason: a trial of another heap
      owner: ops@example.org
      until: 2026-12-31
`

describe('parseIgnoreRules', () => {
  it('reads path, reason, owner, until, with their place', () => {
    expect(parseIgnoreRules(`profile: 4c8g\ndrift:\n  ignore:${rule}`, 'radtune.yaml')).toEqual({
      ok: true,
      rules: [
        {
          path: 'kafka.*',
          reason: 'a trial of another heap',
          owner: 'ops@example.org',
          until: '2026-12-31',
          at: { file: 'radtune.yaml', line: 4, column: 7 },
        },
      ],
    })
  })

  it.each(['', 'profile: 4c8g', 'drift:', 'drift: {ignore: }', 'drift: {ignore: []}'])(
    '%j has none',
    (text) => {
      expect(parseIgnoreRules(text, 'radtune.yaml')).toEqual({ ok: true, rules: [] })
    },
  )

  it.each([
    ['drift: 3', '1:8 drift: is a map'],
    ['drift: {ignores: []}', '1:9 unknown key "ignores" of drift'],
    ['drift: {ignore: 3}', '1:17 drift.ignore is a list'],
    ['drift: {ignore: [3]}', '1:18 a rule is a map'],
    [
      `drift:\n  ignore:${rule.replace('owner', 'ower')}`,
      '5:7 unknown key "ower" of a rule; did you mean owner?',
    ],
    [`drift:\n  ignore:${rule.replace(/ {6}reason.*\n/, '')}`, '3:7 a rule says its reason'],
    [`drift:\n  ignore:${rule.replace('2026-12-31', '2026-02-30')}`, '6:14 until: "2026-02-30" is not a day'],
    [`drift:\n  ignore:${rule.replace('2026-12-31', 'soon')}`, '6:14 until: "soon" is not a day'],
  ])('%j is refused', (text, problem) => {
    const parsed = parseIgnoreRules(text, 'radtune.yaml')
    const problems = parsed.ok
      ? []
      : parsed.problems.map(({ at, message }) => `${at.line}:${at.column} ${message}`)
    expect(problems[0]).toContain(problem)
  })
})

describe('matchesPath', () => {
  it.each([
    ['kafka.heap', 'kafka.heap', true],
    ['kafka.heap', 'kafkaXheap', false],
    ['kafka.*', 'kafka.environment.A', true],
    ['*.memory', 'worker-2.memory', true],
    ['worker-*.cpus', 'worker-12.cpus', true],
    ['worker-*.cpus', 'worker-12.cpusX', false],
    ['*', 'anything', true],
    ['(a|b)', 'a', false],
  ])('%s %s %s', (pattern, path, matches) => {
    expect(matchesPath(pattern, path)).toBe(matches)
  })
})
