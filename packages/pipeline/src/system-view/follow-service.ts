import {
  type BackendSample,
  frontendSampleSchema,
  type Health,
  healthSchema,
  type LiveService,
  type ProcessSample,
  type ProviderSample,
  processSampleSchema,
  providerSampleSchema,
  type WorkerSample,
  workerSampleSchema,
} from '@radtune/core/contract'
import { known, type Reading, unknown } from '@radtune/core/metrics'
import type { Role } from '@radtune/core/stack'
import { z } from 'zod'
import type { Answer, AskJson } from './ask-json.ts'

/** What one service has said last, and what follows from it. */
export interface SaidOfService<Sample extends ProcessSample = ProcessSample> {
  name: string
  role: Role
  condition: LiveService['condition']
  reason: string | null
  sample: Reading<Sample>
}

/** A service that is asked now and then. */
export interface FollowedService {
  /** Asks again, unless it is still being waited for the answer to the last question. Never throws. */
  ask(): Promise<void>
  said(): SaidOfService
}

const NOT_ASKED = 'it was not asked yet'

/** Asks the service at host:port for its stats and its health. */
export function followService(
  { name, role, address }: { name: string; role: Role; address: string },
  ask: AskJson,
): FollowedService {
  const stats = { path: '/stats?history=0', accept: [200], schema: statsOf(role) }
  // 503 carries a reason too: unhealthy is an answer, not silence.
  const health = { path: '/health', accept: [200, 503], schema: healthSchema }
  let said: SaidOfService = {
    name,
    role,
    condition: 'unknown',
    reason: NOT_ASKED,
    sample: unknown(NOT_ASKED),
  }
  let asking: Promise<void> | undefined
  return {
    ask() {
      asking ??= Promise.all([ask(address, stats), ask(address, health)]).then(([sample, standing]) => {
        said = { name, role, ...judge(ofThisService(sample, { name, address }), standing) }
        asking = undefined
      })
      return asking
    },
    said: () => said,
  }
}

export function isWorker(said: SaidOfService): said is SaidOfService<WorkerSample> {
  return said.role === 'worker'
}

export function isProvider(said: SaidOfService): said is SaidOfService<ProviderSample> {
  return said.role === 'provider'
}

export function isBackend(said: SaidOfService): said is SaidOfService<BackendSample> {
  return said.role === 'backend'
}

/** What does not answer is silent; what answers, and is not understood, is not known: it may be anything. */
function judge(
  sample: Answer<ProcessSample>,
  health: Answer<Health>,
): Pick<SaidOfService, 'condition' | 'reason' | 'sample'> {
  const reading = sample.kind === 'told' ? known(sample.value, sample.at) : unknown<ProcessSample>(sample.why)
  if (sample.kind === 'strange') return { condition: 'unknown', reason: sample.why, sample: reading }
  if (sample.kind === 'silent') return { condition: 'silent', reason: sample.why, sample: reading }
  switch (health.kind) {
    case 'strange':
      return { condition: 'unknown', reason: health.why, sample: reading }
    case 'silent':
      return { condition: 'silent', reason: health.why, sample: reading }
    case 'told': {
      const { healthy, reason } = health.value
      return { condition: healthy ? 'healthy' : 'unhealthy', reason, sample: reading }
    }
  }
}

/** Another service that has got the address is not this one. */
function ofThisService(
  answer: Answer<ProcessSample>,
  { name, address }: { name: string; address: string },
): Answer<ProcessSample> {
  if (answer.kind !== 'told' || answer.value.service === name) return answer
  return { kind: 'strange', why: `${answer.value.service} answers on ${address}` }
}

function statsOf(role: Role): z.ZodType<ProcessSample> {
  return z.object({ current: sampleOf(role) }).transform(({ current }) => current) as z.ZodType<ProcessSample>
}

function sampleOf(role: Role): z.ZodType<ProcessSample> {
  switch (role) {
    case 'worker':
      return workerSampleSchema
    case 'provider':
      return providerSampleSchema
    case 'frontend':
      return frontendSampleSchema
    case 'backend':
    case 'kafka':
      return processSampleSchema
  }
}
