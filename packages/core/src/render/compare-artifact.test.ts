import { describe, expect, it } from 'vitest'
import { compareArtifact } from './compare-artifact.ts'

const compare = (found: string, text: string, path = 'compose.yaml') => compareArtifact(found, { path, text })

describe('compareArtifact', () => {
  const wanted =
    '# 1 GiB\nname: a\nservices:\n  kafka:\n    <<: *service\n    limits:\n      memory: 1GiB\n    ports: [a, b]\n'

  it('finds nothing in the same text', () => {
    expect(compare(wanted, wanted)).toEqual([])
  })

  it('names fields that differ, are missing or should not be there, with their place in the file', () => {
    const found = wanted
      .replace('1GiB\n    p', '512MiB\n      pids: 5\n    p')
      .replace('[a, b]', '[b, a]')
      .replace('    <<: *service\n', '')
    expect(compare(found, wanted)).toEqual([
      { path: 'services.kafka.limits.memory', found: '512MiB', wanted: '1GiB', line: 6, column: 15 },
      { path: 'services.kafka.limits.pids', found: '5', wanted: undefined, line: 7, column: 13 },
      { path: 'services.kafka.ports', found: '[b, a]', wanted: '[a, b]', line: 8, column: 12 },
      { path: 'services.kafka.<<', found: undefined, wanted: '*service', line: 6, column: 15 },
    ])
  })

  it('names the first line where only comments or layout differ', () => {
    expect(compare(wanted.replace('# 1 GiB', '# mine'), wanted)).toEqual([
      { path: 'text', found: '# mine', wanted: '# 1 GiB', line: 1, column: 1 },
    ])
    expect(compare(`${wanted}# more\n`, wanted)[0]).toMatchObject({ path: 'text', line: 9, found: '# more' })
  })

  it('says what is wrong with a file that is no YAML', () => {
    expect(compare('a: [\n', wanted)[0]).toMatchObject({ path: 'text', line: 2 })
  })

  it('compares variables of an env file', () => {
    expect(compare('# x\nA=1\nB=2\n', '# x\nA=1\nB=3\nC=\n', '.env.example')).toEqual([
      { path: 'B', found: '2', wanted: '3', line: 3, column: 1 },
      { path: 'C', found: undefined, wanted: '', line: 1, column: 1 },
    ])
  })
})
