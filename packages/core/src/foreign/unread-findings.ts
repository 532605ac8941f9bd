import { type ComposeService, entryOf } from '../compose-file/index.ts'
import type { ForeignFinding } from './findings.ts'
import { flinkProperties } from './heap-settings.ts'
import type { ForeignRole } from './recognise-role.ts'

/** Keys that Flink 2 removed, and what took their place. */
const removedFlinkKeys: readonly [RegExp, string][] = [
  [/^jobmanager\.heap\.(size|mb)$/, 'jobmanager.memory.process.size'],
  [/^taskmanager\.heap\.(size|mb)$/, 'taskmanager.memory.process.size'],
  [/^taskmanager\.network\.memory\.(fraction|min|max)$/, 'taskmanager.memory.network.*'],
  [/^taskmanager\.network\.numberOfBuffers$/, 'taskmanager.memory.network.*'],
  [/^cluster\.evenly-spread-out-slots$/, 'taskmanager.load-balance.mode'],
  [/^state\.backend$/, 'state.backend.type'],
]

/** Fields of `deploy` that only a swarm obeys. */
const swarmFields = ['placement', 'update_config', 'rollback_config', 'endpoint_mode', 'restart_policy']

/** Findings about settings of one service that nothing reads, or that do nothing outside of a swarm. */
export function findUnread(service: ComposeService, role: ForeignRole): ForeignFinding[] {
  return [...findFlinkKeys(service), ...findBuildVariables(service, role), ...findSwarmFields(service)]
}

function findFlinkKeys(service: ComposeService): ForeignFinding[] {
  const { value: properties, at } = flinkProperties(service)
  return [...properties.keys()].flatMap((key) => {
    const instead = removedFlinkKeys.find(([pattern]) => pattern.test(key))?.[1]
    return instead === undefined
      ? []
      : [
          {
            id: 'flink-key-removed',
            severity: 'warning' as const,
            service: service.name,
            at,
            what: `Flink 2 does not read ${key}`,
            why: 'it was deprecated in Flink 1 and removed in 2.0; it is ignored without a word',
            fix: instead,
          },
        ]
  })
}

/** A page that was built has its VITE_ variables inside; only a development server reads them when it starts. */
function findBuildVariables(service: ComposeService, role: ForeignRole): ForeignFinding[] {
  const words = [...(service.entrypoint?.value ?? []), ...(service.command?.value ?? [])].join(' ')
  const servesSource = /\b(vite|dev|start)\b/.test(words)
  const image = service.image?.value ?? ''
  if (servesSource || (role !== 'frontend' && !/nginx|caddy/.test(image))) return []
  const names = [...service.environment.keys()].filter((name) => name.startsWith('VITE_'))
  const first = names[0] === undefined ? undefined : service.environment.get(names[0])
  return first === undefined
    ? []
    : [
        {
          id: 'build-variable-at-run-time',
          severity: 'warning',
          service: service.name,
          at: first.at,
          what: `nothing reads ${names.join(', ')} when ${service.name} starts`,
          why: 'Vite puts such variables into the page when it is built; a server of built files does not look at them',
          fix: 'give them as build arguments, or serve them to the page at run time',
        },
      ]
}

function findSwarmFields(service: ComposeService): ForeignFinding[] {
  const deploy = entryOf(service.node, 'deploy')
  const fields = swarmFields.flatMap((name) => {
    const node = entryOf(deploy, name)
    return node === undefined || (name === 'restart_policy' && service.restart === undefined)
      ? []
      : [{ name, at: node.at }]
  })
  const findings = fields.map(
    ({ name, at }): ForeignFinding => ({
      id: 'swarm-only',
      severity: 'note',
      service: service.name,
      at,
      what: `deploy.${name} of ${service.name} does nothing here`,
      why: 'only a swarm obeys it; docker compose up does not',
      fix: name === 'restart_policy' ? 'restart: decides' : 'leave it out, or deploy to a swarm',
    }),
  )
  const { cpus } = service.reservations
  return cpus === undefined
    ? findings
    : [
        ...findings,
        {
          id: 'cpu-reservation-without-effect',
          severity: 'note',
          service: service.name,
          at: cpus.at,
          what: `the CPU reservation of ${service.name} reserves nothing`,
          why: 'outside of a swarm only cpu_shares decide who gets the CPU when all want it',
          fix: `cpu_shares: ${Math.round(1024 * cpus.value)}`,
        },
      ]
}
