import type { BackendSample, Health, PartitionProgress, StackOutline } from '@radtune/core/contract'
import { known, type Reading, unknown } from '@radtune/core/metrics'
import type { Role } from '@radtune/core/stack'
import type { AskJson } from './ask-json.ts'
import { followService, type SaidOfService } from './follow-service.ts'
import { createUseMeter, type ServiceUse } from './measure-use.ts'

/** What Kafka said of the worker group, and how long it took to say it. */
export interface ProgressAnswer {
  at: number
  tookMs: number
  partitions: readonly PartitionProgress[]
}

/** Kafka as the backend knows it: by the answers to what it asks once a second. */
export interface KafkaSource {
  /** The newest answer, however old; undefined before the first. */
  newest(): ProgressAnswer | undefined
  /** Why the last question had no answer, or null. */
  failure(): string | null
}

/** What the backend knows of itself. */
export interface OwnSource {
  sample(): BackendSample
  health(): Health
}

/** One service of the plan as the backend sees it. */
export interface SeenOfService {
  said: SaidOfService
  use: ServiceUse
  /** How often it was seen as another process than before. */
  restarts: number
}

export interface WatchedService {
  /** Asks it again. Never throws. */
  ask(): Promise<void>
  look(at: number): SeenOfService
}

/** Kafka is asked once a second; without an answer for longer than this it is silent. */
const KAFKA_SILENT_MS = 3_000
const ROLES: readonly string[] = ['kafka', 'worker', 'backend', 'provider', 'frontend'] satisfies Role[]

/** Watches the services of a stack, in the order of its plan. */
export function watchServices(
  { stats }: StackOutline,
  { own, kafka, ask }: { own: OwnSource; kafka: KafkaSource; ask: AskJson },
): WatchedService[] {
  return Object.entries(stats).flatMap(([name, address]) => {
    const role = roleOf(name)
    if (role === undefined) return []
    if (role === 'kafka')
      return [
        watch(
          async () => undefined,
          (at) => kafkaSaid(name, { kafka, at }),
        ),
      ]
    if (role === 'backend')
      return [
        watch(
          async () => undefined,
          (at) => ownSaid(name, { own, at }),
        ),
      ]
    if (address === null) return []
    const followed = followService({ name, role, address }, ask)
    return [watch(followed.ask, followed.said)]
  })
}

/** What Kafka said, while that is new enough. */
export function progressAt(kafka: KafkaSource, at: number): Reading<ProgressAnswer> {
  const newest = kafka.newest()
  if (newest && at - newest.at <= KAFKA_SILENT_MS) return known(newest, newest.at)
  const failure = kafka.failure()
  const since = newest ? ` for ${Math.round((at - newest.at) / 1000)} s` : ''
  return unknown(`Kafka has not answered${since}${failure === null ? '' : `: ${failure}`}`)
}

function watch(ask: () => Promise<void>, said: (at: number) => SaidOfService): WatchedService {
  const meter = createUseMeter()
  let pid: number | undefined
  let restarts = 0
  return {
    ask,
    look(at) {
      const now = said(at)
      if (now.sample.known) {
        if (pid !== undefined && now.sample.value.pid !== pid) restarts += 1
        pid = now.sample.value.pid
      }
      return { said: now, use: meter(now.sample), restarts }
    },
  }
}

const NO_STATS = 'radtune monitor shows what it uses'

function kafkaSaid(name: string, { kafka, at }: { kafka: KafkaSource; at: number }): SaidOfService {
  const progress = progressAt(kafka, at)
  const known = { name, role: 'kafka' as const, sample: unknown<never>(NO_STATS) }
  return progress.known
    ? {
        ...known,
        condition: 'healthy',
        reason: `answers in ${Math.round(progress.value.tookMs)} ms; ${NO_STATS}`,
      }
    : { ...known, condition: kafka.newest() || kafka.failure() ? 'silent' : 'unknown', reason: progress.why }
}

function ownSaid(name: string, { own, at }: { own: OwnSource; at: number }): SaidOfService {
  const { healthy, reason } = own.health()
  const condition = healthy ? 'healthy' : 'unhealthy'
  return { name, role: 'backend', condition, reason, sample: known(own.sample(), at) }
}

/** `worker-2` is a worker. */
function roleOf(name: string): Role | undefined {
  const role = name.replace(/-\d+$/, '')
  return ROLES.includes(role) ? (role as Role) : undefined
}
