import { isSettingKey, printSettingValue } from '../settings/index.ts'
import type { Reading } from './reading.ts'
import type { MonitorEvent, ServiceSnapshot, Snapshot } from './snapshot.ts'

type Said = Omit<MonitorEvent, 'at'>

/** What happened between two snapshots: `before` holds the newest that each source had said. */
export function deriveEvents(
  before: Snapshot,
  now: Snapshot,
  sources: { silentBefore: ReadonlySet<string>; toldBefore: ReadonlySet<string> },
): MonitorEvent[] {
  const said: Said[] = [
    ...sourceEvents(now, sources),
    ...both(before.services, now.services, serviceEvents),
    ...both(before.kafka.group, now.kafka.group, groupEvents),
    ...both(before.kafka.topics, now.kafka.topics, (was, is) =>
      is.flatMap(({ topic, partitions }) => {
        const earlier = was.find((one) => one.topic === topic)
        const ended = (of: typeof partitions) => of.reduce((sum, { end }) => sum + end, 0)
        return earlier && ended(partitions) < ended(earlier.partitions)
          ? [event('warn', 'topic', topic, `${topic} was made anew`)]
          : []
      }),
    ),
    ...both(before.provider, now.provider, (was, is) =>
      was.state === is.state
        ? []
        : [
            event(
              is.state === 'failed' ? 'crit' : 'info',
              'provider',
              'provider',
              `the provider is ${is.state} (it was ${was.state})`,
            ),
          ],
    ),
    ...both(before.settings, now.settings, (was, is) => settingEvents(was.values, is.values)),
  ]
  return [...said.map((one) => ({ at: now.at, ...one })), ...now.events]
}

/** The sources that say nothing in a snapshot, with their whys, and those that say something. */
export function sourcesOf(snapshot: Snapshot): { silent: Map<string, string>; told: string[] } {
  const sources: [string, Reading<unknown>][] = [
    ['runtime', snapshot.services],
    ['host', snapshot.host],
    ['Kafka', snapshot.kafka.topics],
    ...snapshot.workers.map(({ service, sample }): [string, Reading<unknown>] => [service, sample]),
    ['provider', snapshot.provider],
    ['backend', snapshot.backend],
  ]
  return {
    silent: new Map(
      sources.flatMap(([name, reading]) => (reading.known ? [] : [[name, reading.why] as const])),
    ),
    told: sources.flatMap(([name, reading]) => (reading.known ? [name] : [])),
  }
}

/** A source that is slow to answer for the first time has not been lost, and does not come back. */
function sourceEvents(
  now: Snapshot,
  { silentBefore, toldBefore }: { silentBefore: ReadonlySet<string>; toldBefore: ReadonlySet<string> },
): Said[] {
  const { silent } = sourcesOf(now)
  const lost = [...silent].filter(([name]) => !silentBefore.has(name) && toldBefore.has(name))
  const back = [...silentBefore].filter((name) => !silent.has(name) && toldBefore.has(name))
  return [
    ...lost.map(([name, why]) => event('warn', 'source', name, `${name} tells nothing: ${why}`)),
    ...back.map((name) => event('info', 'source', name, `${name} tells again`)),
  ]
}

function serviceEvents(before: readonly ServiceSnapshot[], now: readonly ServiceSnapshot[]): Said[] {
  const earlier = new Map(before.map((service) => [service.name, service]))
  return now.flatMap((service) => {
    const was = earlier.get(service.name)
    if (!was) return [event('info', 'condition', service.name, `${service.name} is ${service.condition}`)]
    const said: Said[] = []
    if (wasKilledForMemory(was, service))
      said.push(event('crit', 'out-of-memory', service.name, `${service.name} was killed for want of memory`))
    if (service.restarts > was.restarts)
      said.push(
        event(
          'warn',
          'restart',
          service.name,
          `${service.name} was started again (${service.restarts} in all)`,
        ),
      )
    if (service.condition !== was.condition) {
      const because = service.reason && service.condition !== 'healthy' ? `: ${service.reason}` : ''
      said.push(
        event(
          severityOf(service.condition),
          'condition',
          service.name,
          `${service.name} is ${service.condition}${because}`,
        ),
      )
    }
    return said
  })
}

/** The last exit is kept after a restart: it is a new one when there was none, or when the service was started since. */
function wasKilledForMemory(before: ServiceSnapshot, now: ServiceSnapshot): boolean {
  if (!now.exit?.outOfMemory) return false
  return !before.exit?.outOfMemory || now.restarts > before.restarts
}

function severityOf(condition: string): MonitorEvent['severity'] {
  if (condition === 'failed') return 'crit'
  return condition === 'unhealthy' || condition === 'restarting' ? 'warn' : 'info'
}

function groupEvents(
  before: { state: string; owners: readonly { partition: number; owner: string }[] },
  now: { state: string; owners: readonly { partition: number; owner: string }[] },
): Said[] {
  const said: Said[] = []
  if (now.state !== before.state && (before.state === 'Stable' || now.state === 'Stable'))
    said.push(
      now.state === 'Stable'
        ? event('info', 'rebalance', 'workers', 'the worker group is stable again')
        : event('warn', 'rebalance', 'workers', `the worker group is ${now.state} (it was stable)`),
    )
  const earlier = new Map(before.owners.map(({ partition, owner }) => [partition, owner]))
  const moved = now.owners.filter(
    ({ partition, owner }) => earlier.has(partition) && earlier.get(partition) !== owner,
  )
  for (const owner of new Set(moved.map((one) => one.owner))) {
    const partitions = moved.filter((one) => one.owner === owner).map(({ partition }) => partition)
    const what = `${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')}`
    said.push(event('info', 'rebalance', owner, `${owner} has taken over ${what}`))
  }
  return said
}

function settingEvents(
  before: Readonly<Record<string, number | string>>,
  now: Readonly<Record<string, number | string>>,
): Said[] {
  return Object.keys(now)
    .filter((key) => before[key] !== undefined && before[key] !== now[key])
    .map((key) =>
      event('info', 'settings', key, `${key} ${print(key, before[key])} → ${print(key, now[key])}`),
    )
}

function print(key: string, value: number | string | undefined): string {
  return isSettingKey(key) && value !== undefined ? printSettingValue(key, value as never) : String(value)
}

function both<Value>(
  before: Reading<Value>,
  now: Reading<Value>,
  compare: (before: Value, now: Value) => Said[],
): Said[] {
  return before.known && now.known ? compare(before.value, now.value) : []
}

function event(
  severity: MonitorEvent['severity'],
  kind: MonitorEvent['kind'],
  subject: string,
  sentence: string,
): Said {
  return { severity, kind, subject, sentence }
}
