import { RadtuneError } from '@radtune/core/errors'
import { planLedger, type StackSpec } from '@radtune/core/stack'
import type { Runtime } from '../ports/runtime.ts'
import type { StackWorld } from '../ports/stack-world.ts'
import { type Check, type CheckContext, checks, type Verdict } from './doctor-checks.ts'
import { decidePorts } from './launch-ports.ts'

/** One check with its answer. */
export interface Examined extends Verdict {
  id: string
}

/** What the doctor found. */
export interface Examination {
  profile: string
  runtime: Runtime['name']
  checks: readonly Examined[]
  counts: Readonly<Record<Verdict['state'], number>>
}

const CHECK_MS = 15_000

/** Examines everything that `radtune up` needs. All checks run at once, each for 15 s at most, and each may fail alone. */
export async function examineMachine(
  world: StackWorld,
  { spec, signal, timeoutMs = CHECK_MS }: { spec: StackSpec; signal: AbortSignal; timeoutMs?: number },
): Promise<Examination> {
  const running = (await world.runtime.inspect().catch(() => undefined)) !== undefined
  const context: CheckContext = {
    runtime: world.runtime.name,
    doctor: world.doctor,
    host: world.host,
    spec,
    ledger: planLedger(spec),
    ports: running ? [] : await plannedPorts(spec),
    running,
  }
  const examined = await Promise.all(
    checks
      .filter(({ local }) => !local || world.runtime.name === 'local')
      .map((check) => examine(check, { context, world, signal, timeoutMs })),
  )
  signal.throwIfAborted()
  const count = (state: Verdict['state']) => examined.filter((one) => one.state === state).length
  return {
    profile: spec.profile,
    runtime: world.runtime.name,
    checks: examined,
    counts: {
      ok: count('ok'),
      note: count('note'),
      problem: count('problem'),
      unchecked: count('unchecked'),
    },
  }
}

async function examine(
  { id, run }: Check,
  {
    context,
    world,
    signal,
    timeoutMs,
  }: { context: CheckContext; world: StackWorld; signal: AbortSignal; timeoutMs: number },
): Promise<Examined> {
  const own = new AbortController()
  const timer = new AbortController()
  const late = world.clock
    .sleep(timeoutMs, timer.signal)
    .then((): Verdict => ({ state: 'unchecked', found: `no answer within ${timeoutMs / 1000} s` }))
  late.catch(() => undefined)
  try {
    return { id, ...(await Promise.race([run(context, AbortSignal.any([own.signal, signal])), late])) }
  } catch (error) {
    return { id, ...failed(error) }
  } finally {
    timer.abort()
    own.abort()
  }
}

/** An error of ours says what is missing; any other only that the question could not be answered. */
function failed(error: unknown): Verdict {
  if (error instanceof RadtuneError)
    return {
      state: 'problem',
      found: [error.message, error.why].filter(Boolean).join(': '),
      fix: error.fix,
    }
  return { state: 'unchecked', found: error instanceof Error ? error.message : String(error) }
}

async function plannedPorts({ services }: StackSpec): Promise<CheckContext['ports']> {
  const names = services.map(({ name }) => name)
  const { stats, ...named } = await decidePorts({
    services: names,
    port: undefined,
    running: undefined,
    freePorts: async () => [],
  })
  const all: [string, number][] = [...Object.entries(named), ...Object.entries(stats)]
  return all.map(([service, port]) => ({ port, service }))
}
