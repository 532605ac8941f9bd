import type { Role, ServiceSpec, StackSpec } from '../stack/index.ts'

/** Something of a stack that starts once what it depends on is ready: a service of the plan, or a program that runs once. */
export interface StartStep {
  name: string
  role: Role | 'topics' | 'warm-up'
  /** Absent of what runs once. */
  service: ServiceSpec | undefined
  /** Started once these are ready, stopped before them. What runs once is ready when it has succeeded. */
  dependsOn: readonly string[]
  /** Milliseconds between the request to stop and the kill. */
  graceMs: number
}

/**
 * What a plan is made of, in the order in which it starts: kafka, topics (runs once; its success says that Kafka takes
 * requests), warm-up (runs once, beside the start of the workers), workers, backend, frontend, provider. They stop in the
 * reverse order.
 */
export function startOrder({ services }: Pick<StackSpec, 'services'>): StartStep[] {
  const names = (role: Role) => services.filter((service) => service.role === role).map(({ name }) => name)
  const steps = (role: Role, step: Pick<StartStep, 'dependsOn' | 'graceMs'>): StartStep[] =>
    services
      .filter((service) => service.role === role)
      .map((service) => ({ name: service.name, role, service, ...step }))
  return [
    ...steps('kafka', { dependsOn: [], graceMs: 30_000 }),
    runsOnce('topics', names('kafka')),
    runsOnce('warm-up', ['topics']),
    ...steps('worker', { dependsOn: ['topics'], graceMs: 20_000 }),
    ...steps('backend', { dependsOn: ['topics'], graceMs: 5000 }),
    ...steps('frontend', { dependsOn: names('backend'), graceMs: 5000 }),
    ...steps('provider', {
      dependsOn: ['warm-up', ...names('worker'), ...names('backend')],
      graceMs: 15_000,
    }),
  ]
}

function runsOnce(name: 'topics' | 'warm-up', dependsOn: readonly string[]): StartStep {
  return { name, role: name, service: undefined, dependsOn, graceMs: 5000 }
}
