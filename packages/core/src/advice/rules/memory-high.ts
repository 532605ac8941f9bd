import { type ServiceSpec, splitWorkerHeap } from '../../stack/index.ts'
import { formatBytes, MIB } from '../../units/index.ts'
import type { AdviceContext } from '../context.ts'
import { stageOf } from '../cpu-holders.ts'
import { memoryHoldersOf } from '../memory-holders.ts'
import { type MemoryHolder, type MovedMemory, moveMemory, outsideHeapBytes } from '../move-memory.ts'
import { asFarAsSeen } from '../plan-as-seen.ts'
import { printFigure } from '../print-figure.ts'
import { NOTHING, type Proposed, proposeStep } from '../propose-step.ts'
import { type Change, evidenceOf, type Finding, found, notEnough, quiet, type Rule, settle } from '../rule.ts'
import { lastWindows, mostWindows, type Told } from '../windows.ts'

/** A heap that is too small grows by half in one step. */
const HEAP_GROWTH = 1.5
/** A heap of which less is used than this is smaller without loss. */
const HEAP_IN_USE = 0.5

/** Memory is nearly used up, was used up, or costs its time in collecting garbage. */
export const memoryHigh: Rule = {
  id: 'memory-high',
  title: 'A service is near its memory limit, or its heap is too small',
  guidelines: [5, 7],
  needs: { window: 'windows', readings: ['memory/SERVICE', 'gc/worker-N', 'heap/WORKER/SLOT'] },
  evaluate(context) {
    return settle(
      context.spec.services.flatMap((service) => [
        judgeKills(context, service),
        ...((service.slots ?? 0) > 0 ? [judgeCollection(context, service)] : []),
        judgeWorkingSet(context, service),
      ]),
      'there is no service',
    )
  },
}

function judgeKills(context: AdviceContext, service: ServiceSpec) {
  const { services } = context.evaluation
  if (!services.known) return notEnough({ known: false, why: `services: ${services.why}`, enoughAt: null })
  const seen = services.value.find(({ name }) => name === service.name)
  if (!seen)
    return notEnough({ known: false, why: `${service.name} is not among the services`, enoughAt: null })
  const kills = seen.outOfMemoryKills
  if (kills === 0) return quiet(`${service.name} was not killed for memory`)
  return found({
    ...about(service),
    severity: 'critical',
    sentence: `${service.name} was killed for memory ${kills === 1 ? 'once' : `${kills} times`}`,
    evidence: [{ name: 'kills', value: kills, unit: 'count', windowMs: null }],
    ...asFarAsSeen(() => proposeLimit(context, service, 'it was killed for memory')),
  })
}

function judgeCollection(context: AdviceContext, service: ServiceSpec) {
  const gc = lastWindows(context, `gc/${service.name}`)
  if (!gc.known) return notEnough(gc)
  const sentence = `${service.name} spends ${printFigure(gc.whole.average, 'share')} of its time in garbage collection`
  if (!mostWindows(gc, ({ average }) => average > context.settings['advice.gcShare'])) return quiet(sentence)
  return found({
    ...about(service),
    severity: 'warn',
    sentence,
    evidence: [evidenceOf(`gc/${service.name}`, gc, 'share')],
    ...asFarAsSeen(() => proposeLargerHeap(context, { service, gc, sentence })),
  })
}

function judgeWorkingSet(context: AdviceContext, service: ServiceSpec) {
  const { memoryWarnShare, criticalShare } = context.evaluator.targets
  const memory = lastWindows(context, `memory/${service.name}`)
  if (!memory.known) return notEnough(memory)
  const used = printFigure(memory.whole.average, 'share')
  const sentence = `${service.name} uses ${used} of its ${formatBytes(service.memoryBytes)}`
  if (!mostWindows(memory, ({ average }) => average >= memoryWarnShare)) return quiet(sentence)
  const isCritical = mostWindows(memory, ({ average }) => average >= criticalShare)
  return found({
    ...about(service),
    severity: isCritical ? 'critical' : 'warn',
    sentence,
    evidence: [evidenceOf(`memory/${service.name}`, memory, 'share')],
    ...(isCritical ? asFarAsSeen(() => proposeLessUse(context, service, sentence)) : NOTHING),
  })
}

/** A smaller heap, and where that is no answer a larger limit. */
function proposeLessUse(context: AdviceContext, service: ServiceSpec, sentence: string): Proposed {
  const smaller = proposeSmallerHeap(context, service, sentence)
  return smaller === NOTHING ? proposeLimit(context, service, sentence) : smaller
}

function about({ name, role }: ServiceSpec): Pick<Finding, 'rule' | 'subject' | 'stage'> {
  return { rule: 'memory-high', subject: name, stage: stageOf(role) }
}

/** A larger heap inside of the limit; a larger limit, of which the heap is a share, when there is no room in it. */
function proposeLargerHeap(
  context: AdviceContext,
  { service, gc, sentence }: { service: ServiceSpec; gc: Told; sentence: string },
): Proposed {
  const { role, memoryBytes, heapBytes = 0, name } = service
  const room = memoryBytes - outsideHeapBytes(role)
  const to = Math.floor(Math.min(room, HEAP_GROWTH * heapBytes) / MIB) * MIB
  if (to <= 1.05 * heapBytes) return proposeLimit(context, service, sentence)
  return proposeStep(context, 'memory-high', {
    changes: [{ key: `${role}.heap`, from: heapBytes, to }],
    stage: stageOf(role),
    why: `${sentence}; of ${formatBytes(memoryBytes)} the process itself takes ${formatBytes(outsideHeapBytes(role))}, so a heap of ${formatBytes(to)} fits`,
    expected: [
      {
        metric: `gc/${name}`,
        unit: 'share',
        better: 'lower',
        from: gc.whole.average,
        low: 0,
        high: (gc.whole.average * heapBytes) / to,
      },
    ],
  })
}

/** A smaller heap where most of it is not in use: the collector lets garbage lie as long as there is room. */
function proposeSmallerHeap(context: AdviceContext, service: ServiceSpec, sentence: string): Proposed {
  const { name, role, slots = 0, heapBytes = 0 } = service
  if (role !== 'worker' || slots === 0) return NOTHING
  const heaps = Array.from({ length: slots }, (_, slot) => lastWindows(context, `heap/${name}/${slot}`))
  if (heaps.some((told) => !told.known)) return NOTHING
  const most = Math.max(...heaps.map((told) => (told.known ? told.whole.max : 0)))
  const { slotBytes } = splitWorkerHeap(heapBytes, slots)
  if (most > HEAP_IN_USE * slotBytes) return NOTHING
  const to = Math.ceil((heapBytes * Math.max(HEAP_IN_USE, most / slotBytes / 0.7)) / MIB) * MIB
  return proposeStep(context, 'memory-high', {
    changes: [{ key: 'worker.heap', from: heapBytes, to }],
    stage: 'workers',
    why: `${sentence}, and a slot has at most ${formatBytes(most)} of its ${formatBytes(slotBytes)} of heap in use`,
    expected: memoryExpected(context, service, { low: 0.5, high: 0.95 }),
  })
}

function proposeLimit(context: AdviceContext, { role, name }: ServiceSpec, sentence: string): Proposed {
  const { machine, totals } = context.spec
  const rules = {
    to: role,
    freeBytes: machine.usableMemoryBytes - totals.memoryBytes,
    idleShare: context.settings['advice.idleMemoryShare'],
  }
  // What only pins prevent is shown as kept.
  for (const ignorePins of [false, true]) {
    const holders = memoryHoldersOf(context, { ignorePins })
    const moved = moveMemory(holders, rules)
    if (moved) return proposeMove(context, { holders, moved, role, name, sentence })
  }
  return NOTHING
}

function proposeMove(
  context: AdviceContext,
  {
    holders,
    moved,
    role,
    name,
    sentence,
  }: {
    holders: readonly MemoryHolder[]
    moved: MovedMemory
    role: ServiceSpec['role']
    name: string
    sentence: string
  },
): Proposed {
  const changes = holders
    .filter((holder) => moved.has(holder.role))
    .toSorted((a, b) => Number(b.role === role) - Number(a.role === role))
    .map(
      ({ role: of, memoryBytes }): Change => ({
        key: `${of}.memory`,
        from: memoryBytes,
        to: moved.get(of) as number,
      }),
    )
  const [taken] = changes as [Change]
  const ratio = (taken.from as number) / (taken.to as number)
  const service = context.spec.services.find((one) => one.name === name) as ServiceSpec
  const donors = changes.slice(1).map(({ key }) => key.split('.')[0])
  return proposeStep(context, 'memory-high', {
    changes,
    stage: stageOf(role),
    why: `${sentence}; ${donors.length === 0 ? 'that much of the usable memory is limited to no service' : `${donors.join(' and ')} leave most of theirs idle`}`,
    expected: memoryExpected(context, service, { low: 0.9 * ratio, high: Math.min(1, 1.1 * ratio) }),
  })
}

function memoryExpected(context: AdviceContext, { name }: ServiceSpec, times: { low: number; high: number }) {
  const memory = lastWindows(context, `memory/${name}`)
  if (!memory.known) return []
  const from = memory.whole.average
  return [
    {
      metric: `memory/${name}`,
      unit: 'share' as const,
      better: 'lower' as const,
      from,
      low: times.low * from,
      high: times.high * from,
    },
  ]
}
