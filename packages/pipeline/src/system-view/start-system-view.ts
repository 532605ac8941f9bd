import { setTimeout as delay } from 'node:timers/promises'
import type { SeenStack } from '@radtune/core/advice'
import type { LiveSystem, StackOutline } from '@radtune/core/contract'
import { DEFAULT_TARGETS, Evaluator, type HostLoad, type Reading, unknown } from '@radtune/core/metrics'
import type { SettingValues } from '@radtune/core/settings'
import { type AskJson, createHttpAsk } from './ask-json.ts'
import { drawSnapshot } from './draw-snapshot.ts'
import { drawSystem } from './draw-system.ts'
import { isProvider } from './follow-service.ts'
import { createHostMeter } from './host-load.ts'
import { judgeRules } from './judge-rules.ts'
import { appliedBy, seenStack } from './seen-stack.ts'
import { type KafkaSource, type OwnSource, progressAt, watchServices } from './watch-services.ts'

export interface SystemViewOptions {
  outline: StackOutline
  own: OwnSource
  kafka: KafkaSource
  /** The live settings that the settings topic says; services say themselves which of them they run by. */
  settings(): { revision: number | null; values: Partial<SettingValues> }
  /** Wall-clock milliseconds. */
  now: () => number
  log(message: string, details: Record<string, unknown>): void
  /** Over HTTP when left out. */
  ask?: AskJson
  /** How busy the machine is; this one when left out. */
  host?: (at: number) => Reading<HostLoad>
  everyMs?: number
  judgeEveryMs?: number
}

/** The pipeline as a whole, as it is seen from the backend. */
export interface SystemView {
  current(): LiveSystem
  stop(): Promise<void>
}

const EVERY_MS = 1000
const JUDGE_EVERY_MS = 10_000
/** What has not been said by then is told with the next look. */
const PATIENCE_MS = 300
/** Five minutes: the rules look back less than two. */
const HISTORY_SECONDS = 300
/** What rates are taken over; the rules have windows of their own. */
const WINDOW_MS = 5_000

/**
 * Looks at the other services of the stack once a second, each of which may be absent, slow or somebody else, and puts together what
 * they say with what the backend knows by itself: evaluated as `radtune monitor` does it, and judged by the same rules of advice. A fault
 * in it is logged, and the map goes on.
 */
export function startSystemView(options: SystemViewOptions): SystemView {
  const { outline, own, kafka, now, everyMs = EVERY_MS, judgeEveryMs = JUDGE_EVERY_MS } = options
  const http = options.ask ? undefined : createHttpAsk({ now })
  const ask = options.ask ?? (http as NonNullable<typeof http>).ask
  const { latencyTargetMs } = outline.workload
  const evaluator = new Evaluator({
    targets: { ...DEFAULT_TARGETS, latencyMs: latencyTargetMs },
    windowMs: WINDOW_MS,
    capacity: HISTORY_SECONDS,
  })
  const host = options.host ?? createHostMeter()
  const services = watchServices(outline, { own, kafka, ask })
  let advice: LiveSystem['advice'] = null
  let judgedAt = now()
  let judging: Promise<void> | undefined
  let current = draw()

  function draw(): LiveSystem {
    const at = now()
    const seen = services.map((service) => service.look(at))
    const { revision, values } = options.settings()
    const settings: Partial<SettingValues> = Object.assign(
      {},
      values,
      ...seen.map(({ said }) => appliedBy(said)),
    )
    const progress = progressAt(kafka, at)
    const evaluation = evaluator.add(
      drawSnapshot({
        at,
        services: seen,
        host: host(at),
        progress,
        settings: { revision, values: settings },
      }),
    )
    if (at - judgedAt >= judgeEveryMs) {
      judgedAt = at
      judging ??= judge(seenStack(outline, { services: seen, settings, kafka }), at)
    }
    const provider = seen.map(({ said }) => said).find(isProvider)
    return drawSystem({
      at,
      services: seen,
      provider: provider?.sample ?? unknown('the plan has no provider'),
      asked: values,
      evaluation,
      latencyTargetMs,
      advice,
    })
  }

  async function judge(seen: SeenStack, at: number): Promise<void> {
    try {
      advice = await judgeRules(evaluator, { seen, now: at })
    } catch (error) {
      options.log('the rules of advice failed', { err: error })
      advice = null
    } finally {
      judging = undefined
    }
  }

  async function look(): Promise<void> {
    const asked = Promise.all(services.map((service) => service.ask()))
    await Promise.race([asked, delay(PATIENCE_MS, undefined, { ref: false })])
    try {
      current = draw()
    } catch (error) {
      options.log('the system could not be looked at', { err: error })
    }
  }

  let looking: Promise<void> | undefined
  const lookAgain = () => {
    looking ??= look().finally(() => {
      looking = undefined
    })
  }
  const timer = setInterval(lookAgain, everyMs)
  lookAgain()
  return {
    current: () => current,
    async stop() {
      clearInterval(timer)
      http?.close()
      await looking
      await judging
    },
  }
}
