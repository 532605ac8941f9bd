import { describe, expect, it } from 'vitest'
import { profileFromName } from '../profile/index.ts'
import { type LocalRendering, renderLocal } from '../render/index.ts'
import { type SettingKey, settings } from '../settings/index.ts'
import { explainSetting, type Pin, planStack, type SettingExplanation, type StackSpec } from './index.ts'

const keys = Object.keys(settings) as SettingKey[]

function planned(name: string, pins: readonly Pin[] = []): StackSpec {
  const named = profileFromName(name)
  if (!named.ok) throw new Error(named.problem)
  const result = planStack(named.profile, { pins })
  if (!result.ok) throw result.error
  return result.spec
}

function explained(key: SettingKey, spec: StackSpec, service?: string): SettingExplanation {
  const explanation = explainSetting(key, spec, service)
  if (explanation === undefined) throw new Error(`${key} is not explained`)
  return explanation
}

const spec = planned('4c8g')

describe('every setting of the table', () => {
  it.each(keys)('%s is explained in full', (key) => {
    const explanation = explained(key, spec)
    for (const [name, words] of Object.entries(explanation))
      expect(JSON.stringify(words), name).not.toMatch(/^""$|NaN|undefined|Infinity/)
    expect(explanation.landings, 'it lands somewhere').not.toEqual([])
    expect(explanation.expect).toMatch(/radtune (set|up)|existing topics/)
  })

  it.each(keys)('%s has its arithmetic unless it has a default', (key) => {
    const { formula, rule } = explained(key, spec)
    if (rule === 'default') expect(formula).toBeUndefined()
    else expect(formula).toMatch(/\d/)
  })

  it.each(keys)('%s lands where the local runtime really puts it', (key) => {
    const rendered = renderedWords(spec)
    const landings = explained(key, spec).landings.filter(({ in: where }) =>
      ['process', 'environment', 'broker', 'topics'].includes(where),
    )
    for (const { text } of landings)
      for (const [word] of text.matchAll(
        /(?<=^|\s)(RADTUNE_\w+=\S+?|--?[a-zA-Z][\w:+-]*[=\d]\w*|[a-z.]+\.(ms|bytes|partitions|factor)=\d+)(?=$|[\s,])/g,
      ))
        expect(rendered, word).toContain(word)
  })
})

/** Everything that the processes of a plan are started with, as one text. */
function renderedWords(of: StackSpec): string {
  const stats = Object.fromEntries(of.services.map(({ name }, index) => [name, 9100 + index]))
  const path = '/somewhere'
  const processes = renderLocal({
    spec: of,
    data: { kind: 'generator', seed: 1 },
    ports: { kafka: 9092, controller: 9093, backend: 8000, frontend: 8080, stats },
    paths: {
      java: path,
      kafkaClassPath: path,
      kafkaClassArchive: path,
      node: path,
      nodeCompileCache: path,
      pipelineBin: path,
      kafkaDataDir: path,
      kafkaConfigFile: path,
      clusterId: 'AAAAAAAAAAAAAAAAAAAAAA',
    },
  } satisfies LocalRendering)
  const topics = of.topics
    .flatMap(({ config }) => Object.entries(config))
    .map(([name, value]) => `${name}=${value}`)
  const words = processes.flatMap(({ args, env, files }) => [
    ...args,
    ...Object.entries(env).map(([name, value]) => `${name}=${value}`),
    ...files.map(({ text }) => text),
  ])
  return [...words, ...topics].join('\n')
}

describe('one setting', () => {
  it('has its figures filled in', () => {
    expect(explained('kafka.heap', spec)).toMatchObject({
      value: '512 MiB',
      rawValue: 512 * 1024 * 1024,
      formula:
        'the least of (50 % × 1 GiB, 1 GiB − 180 MiB, 4 GiB) = the least of (512 MiB, 844 MiB, 4 GiB), in whole MiB',
      effect: 'restart',
      expect: expect.stringContaining('radtune up restarts kafka'),
      envName: 'RADTUNE_KAFKA_HEAP',
    })
    expect(explained('worker.cpus', spec).formula).toContain('the less of (3, 3.8) ÷ 2')
    expect(explained('topics.retentionBytes', spec).formula).toContain(
      '= 2 GiB, less an open segment of 1 GiB',
    )
  })

  it('names compose, flag and group of a limit', () => {
    const landings = explained('kafka.heap', spec).landings.map(({ in: where, text }) => `${where}: ${text}`)
    expect(landings).toEqual([
      'compose: services.kafka.environment.KAFKA_HEAP_OPTS: -Xms512m -Xmx512m',
      'process: kafka: -Xms512m -Xmx512m',
    ])
  })

  it('of one service is about that service', () => {
    const pins: Pin[] = [{ key: 'worker.memory', value: '1.5GB', origin: 'flag', service: 'worker-2' }]
    const uneven = planned('4c8g', pins)
    expect(explained('worker.memory', uneven, 'worker-2')).toMatchObject({
      service: 'worker-2',
      value: '1.5 GiB',
      origin: 'flag',
      landings: expect.arrayContaining([
        expect.objectContaining({ text: expect.stringContaining('services.worker-2.') }),
      ]),
    })
    expect(explained('worker.heap', uneven, 'worker-2').formula).toContain('75 % × 1.5 GiB')
    expect(explained('worker.memory', uneven, 'worker-1')).toMatchObject({
      value: '2 GiB',
      origin: 'derived',
    })
    expect(explainSetting('worker.memory', uneven, 'worker-9')).toBeUndefined()
  })
})
