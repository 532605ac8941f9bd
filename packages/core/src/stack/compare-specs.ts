import type { StackSpec } from './stack-spec.ts'

/** One field in which two plans differ; `undefined` where one of them does not have it. */
export interface SpecDifference {
  /** `worker-1.memoryBytes`, `topic normal-data.partitions`, `producer.main.linger`. */
  path: string
  from: unknown
  to: unknown
}

type Fields = ReadonlyMap<string, unknown>

/**
 * Lists what makes two plans different stacks: numbers of services, topics and setting values, not their explanations.
 * A setting that is the limit of a service or a config of a topic is listed there and not a second time.
 */
export function compareSpecs(from: StackSpec, to: StackSpec): SpecDifference[] {
  const [before, after] = [fieldsOf(from), fieldsOf(to)]
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => ({ path, from: before.get(path), to: after.get(path) }))
}

/** Whether two plans launch the very same stack. */
export function sameLaunchSpec(a: StackSpec, b: StackSpec): boolean {
  return compareSpecs(a, b).length === 0
}

function fieldsOf(spec: StackSpec): Fields {
  const fields = new Map<string, unknown>([
    ['profile', spec.profile],
    ['engine', spec.engine],
  ])
  for (const { name, role: _role, reasons: _reasons, ...numbers } of spec.services)
    for (const [field, value] of Object.entries(numbers)) fields.set(`${name}.${field}`, value)
  for (const { name, partitions, replicationFactor, config } of spec.topics)
    for (const [field, value] of Object.entries({ partitions, replicationFactor, ...config }))
      fields.set(`topic ${name}.${field}`, value)
  for (const [key, { value }] of Object.entries(spec.settings))
    if (!landsElsewhere(key)) fields.set(key, value)
  return fields
}

function landsElsewhere(key: string): boolean {
  return (
    /^(kafka|worker|backend|provider|frontend)\.(memory|cpus|heap)$/.test(key) ||
    key.startsWith('topics.') ||
    key === 'pipeline.parallelism' ||
    key === 'worker.count'
  )
}
