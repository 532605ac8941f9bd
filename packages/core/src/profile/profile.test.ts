import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { GIB, MIB } from '../units/index.ts'
import {
  parseProfile,
  printProfileProblem,
  profileError,
  profileFromName,
  profileSchemaJson,
  shippedProfileNames,
} from './index.ts'

function problemsOf(text: string, file = 'p.yaml'): string[] {
  const result = parseProfile(text, { file })
  return result.ok ? [] : result.problems.map(printProfileProblem)
}

const machine = 'machine: {cpus: 4, memory: 8GB}\n'

describe('a good profile', () => {
  it('is read with its units, and its pins with their lines', () => {
    const text = [
      'name: own',
      'machine:',
      '  cpus: 6',
      '  memory: 12GB',
      'workload: {rate: 500-2500, latency: 250ms}',
      'settings:',
      '  # why',
      '  kafka.heap: 512MiB',
      '  producer.main.linger: 5ms',
      '  worker-2.memory: 1.5GB',
    ].join('\n')
    expect(parseProfile(text, { file: 'profiles/own.yaml' })).toEqual({
      ok: true,
      profile: {
        name: 'own',
        file: 'profiles/own.yaml',
        machine: { cpus: 6, memoryBytes: 12 * GIB },
        workload: { minPerSecond: 500, maxPerSecond: 2500, latencyTargetMs: 250 },
        pins: [
          { key: 'kafka.heap', value: 512 * MIB, line: 8 },
          { key: 'producer.main.linger', value: 5, line: 9 },
          { key: 'worker.memory', value: 1.5 * GIB, line: 10, service: 'worker-2' },
        ],
      },
    })
  })

  it.each([
    ['machine only', machine],
    ['empty maps', `${machine}workload:\nsettings:\n`],
    ['CRLF and BOM', `\uFEFF${machine}`.replaceAll('\n', '\r\n')],
    ['a document end', `${machine}...\n`],
    ['an anchor used twice', `${machine}workload: {latency: &l 100ms}\nsettings: {topics.retention: 24h}\n`],
  ])('may be sparse or unusual: %s', (_, text) => {
    const result = parseProfile(text, { file: '/some where/my-machine.yml' })
    expect(result).toMatchObject({
      ok: true,
      profile: {
        name: 'my-machine',
        workload: { minPerSecond: 1000, maxPerSecond: 10_000, latencyTargetMs: 100 },
      },
    })
  })
})

describe('a bad profile', () => {
  it('tells all problems at once, each with line and column', () => {
    const text = [
      'machin: 3',
      'machine:',
      '  cpus: four',
      '  memroy: 8GB',
      '  memory: 8GG',
      'workload: {rate: 10-5, latncy: 1}',
      'settings:',
      '  kafka.heep: 1GB',
      '  worker.count: 1.5',
      '  producer.main.compression: [gzip]',
      '  kafka.heap: 1GB',
      '  kafka.heap: 2GB',
    ].join('\n')
    expect(problemsOf(text)).toEqual([
      'p.yaml:1:1: unknown key "machin"; known here: name, machine, workload, settings (did you mean "machine"?)',
      'p.yaml:3:9: machine.cpus: "four" is not an amount of CPU; write it as 4, 1.5 or 500m',
      'p.yaml:4:3: unknown key "memroy"; known here: cpus, memory (did you mean "memory"?)',
      'p.yaml:5:11: machine.memory: "8GG" is not an amount of memory; write it as 512MiB, 1.5GB or a number of bytes',
      'p.yaml:6:18: workload.rate: "10-5" ends below where it begins',
      'p.yaml:6:24: unknown key "latncy"; known here: rate, latency (did you mean "latency"?)',
      'p.yaml:8:3: "kafka.heep" is not a setting (did you mean "kafka.heap"?)',
      'p.yaml:9:17: worker.count: 1.5 is not a whole number',
      'p.yaml:10:30: producer.main.compression: ["gzip"] is not one of none, gzip, snappy, lz4, zstd',
      'p.yaml:12:3: the key is written twice',
    ])
  })

  it.each([
    ['a tab', 'machine:\n\tcpus: 4\n', '2:1: a tab is used as indentation'],
    ['nothing', '', '1:1: the profile is empty'],
    ['a comment only', '# nothing\n', 'the profile is empty'],
    ['null', 'null\n', 'the profile is empty'],
    ['a list', '- machine\n', 'a profile is a map'],
    ['a word', 'hello\n', 'a profile is a map'],
    ['two documents', `${machine}---\n${machine}`, '2:1: a second document begins'],
    ['bytes', '\u0000\u0001\u0002', '1:1: '],
    ['an open bracket', 'machine: {cpus: 4', '1:18: '],
    ['an unknown tag', 'machine: !!js/function 4\n', '1:10: Unresolved tag'],
    ['an unknown alias', 'machine: *here\n', 'aliases cannot be followed'],
    ['no machine', 'workload: {rate: 10}\n', '1:1: machine is missing'],
    ['no memory', 'machine: {cpus: 4}\n', '1:10: machine.memory is missing'],
    [
      'a machine that is a word',
      'machine: large\n',
      '1:10: machine: "large" is not a map of keys and values',
    ],
    ['cpus that are a list', 'machine: {cpus: [4], memory: 8GB}\n', '1:17: machine.cpus: [4] is not a value'],
    ['true for a number', 'machine: {cpus: true, memory: 8GB}\n', '1:17: machine.cpus: true is not a value'],
    [
      'no CPU',
      'machine: {cpus: 0, memory: 8GB}\n',
      '1:17: machine.cpus: "0" is less than a thousandth of a CPU',
    ],
    ['infinite CPUs', 'machine: {cpus: .inf, memory: 8GB}\n', '1:17: machine.cpus: '],
    ['a machine of no memory', 'machine: {cpus: 4, memory: 0}\n', 'machine: it needs more than 0 bytes'],
    ['too many CPUs', 'machine: {cpus: 5000, memory: 8GB}\n', 'more than 1024 CPUs'],
    [
      'no latency',
      `${machine}workload: {latency: 0ms}\n`,
      '2:21: workload.latency: 0 ms is not a latency target',
    ],
    [
      'nested settings',
      `${machine}settings:\n  kafka:\n    heap: 1GB\n`,
      '3:3: "kafka" is not a setting; settings are written with dots',
    ],
    [
      'settings that are a list',
      `${machine}settings: [kafka.heap]\n`,
      '2:11: settings: ["kafka.heap"] is not a map',
    ],
    ['a merge key', `base: &b {cpus: 4}\n${machine}`, '1:1: unknown key "base"'],
    ['a name with a slash', `name: ../etc\n${machine}`, '1:7: name: a profile name is made of'],
    ['a key that is a list', `? [a]\n: 1\n${machine}`, '1:3: a key is a word'],
    ['a prototype key', `__proto__: 1\n${machine}`, 'unknown key "__proto__"'],
  ])('says what is wrong: %s', (_, text, expected) => {
    expect(problemsOf(text).join('\n')).toContain(expected)
  })

  it('does not follow a bomb of aliases', () => {
    const bomb = [
      'a: &a [1,1,1,1,1,1,1,1,1,1]',
      ...'bcdefgh'.split('').map((c, i) => `${c}: &${c} [${Array(10).fill(`*${'abcdefg'[i]}`).join(',')}]`),
    ].join('\n')
    expect(problemsOf(bomb).join('\n')).toContain('aliases cannot be followed')
  })

  it('asks for a name when the name of the file is none', () => {
    expect(problemsOf(machine, '-my machine.yaml').join()).toContain('cannot be the name of a profile')
  })

  it('becomes one error that lists the problems', () => {
    const result = parseProfile('machine: {cpus: x, memory: y}', { file: 'p.yaml' })
    const error = profileError(result.ok ? [] : result.problems)
    expect(error).toMatchObject({ code: 'RT-PROF-001', exitCode: 2, message: 'p.yaml has 2 problems' })
    expect(error.why?.split('\n')).toHaveLength(2)
  })

  it('never throws, whatever the text', () => {
    const pieces = fc.constantFrom(
      'machine',
      ':',
      ' ',
      '\n',
      '{',
      '}',
      '[',
      '8GB',
      'cpus',
      '&a',
      '*a',
      '!',
      '-',
      '\t',
      '|',
      '"',
      '#',
      '?',
      '%',
      'settings',
      '4',
      ',',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (text) => {
          for (const problem of problemsOf(text)) expect(problem).toMatch(/^p\.yaml:[1-9]\d*:[1-9]\d*: ./)
        },
      ),
      { numRuns: 500 },
    )
  })
})

describe('profile names', () => {
  it.each([
    ['4c8g', 4, 8],
    ['6c12g', 6, 12],
    ['1.5c3g', 1.5, 3],
  ])('%s means its machine', (name, cpus, gigabytes) => {
    expect(profileFromName(name)).toMatchObject({
      ok: true,
      profile: { name, machine: { cpus, memoryBytes: gigabytes * GIB }, pins: [] },
    })
  })

  it.each([
    ['4c8', '4c8g'],
    ['4C8G', '4c8g'],
    ['16c32', '16c32g'],
  ])('%s was probably %s', (name, suggestion) => {
    expect(profileFromName(name)).toMatchObject({ ok: false, suggestion })
  })

  it.each(['0c8g', '4c0g', '9999c8g', '4c99999999g', '', 'c', '-4c8g', 'production'])(
    '%s is none',
    (name) => {
      expect(profileFromName(name).ok).toBe(false)
    },
  )
})

describe('shipped profiles', () => {
  it.each(shippedProfileNames)('%s.yaml says what its name means', (name) => {
    const file = new URL(`../../../../profiles/${name}.yaml`, import.meta.url)
    const read = parseProfile(readFileSync(file, 'utf8'), { file: `profiles/${name}.yaml` })
    const named = profileFromName(name)
    expect(read.ok && named.ok && { ...read.profile, file: undefined }).toEqual(
      named.ok && { ...named.profile, file: undefined },
    )
  })

  it.each(shippedProfileNames)('%s.yaml shows settings that can be taken as they stand', (name) => {
    const file = new URL(`../../../../profiles/${name}.yaml`, import.meta.url)
    const text = readFileSync(file, 'utf8')
      .replace(/^settings: \{\}$/m, '')
      .replace(/^# settings:\n(# .*\n)+/m, (example) => example.replaceAll(/^# /gm, ''))
    expect(problemsOf(text)).toEqual([])
    expect(parseProfile(text, { file: 'p.yaml' })).toMatchObject({ profile: { pins: { length: 3 } } })
  })
})

it('has a JSON schema that knows every setting', () => {
  const schema = profileSchemaJson()
  expect(JSON.stringify(schema)).toContain('"kafka.heap"')
  expect(schema).toMatchObject({ type: 'object', required: ['machine'], additionalProperties: false })
})
