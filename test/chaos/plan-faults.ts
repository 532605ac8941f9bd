import { createSeededDraw, type SeededDraw } from './seeded-draw.ts'

/** One fault, complete: what a seed decides is decided here, before anything runs. */
export type Fault = { delayMs: number } & FaultAct

export type FaultAct =
  | { kind: 'worker-kill'; worker: number }
  | { kind: 'worker-kill-twice'; worker: number; betweenMs: number }
  | { kind: 'workers-kill' }
  | { kind: 'worker-term'; worker: number }
  | { kind: 'worker-pause'; worker: number; pauseMs: number }
  | { kind: 'slot-crash'; worker: number; slot: number }
  | { kind: 'member-joins'; stayMs: number }
  | { kind: 'broker-kill' }
  | { kind: 'broker-term' }
  | { kind: 'broker-away'; awayMs: number }
  | { kind: 'broker-pause'; pauseMs: number }
  | { kind: 'provider-kill' }
  | { kind: 'provider-term' }
  | { kind: 'backend-kill' }
  | { kind: 'supervisor-kill'; next: 'up' | 'status' | 'down' }
  | { kind: 'rate'; perSecond: number }
  | { kind: 'down-up' }
  | { kind: 'disk-full'; fullMs: number }

export type FaultKind = FaultAct['kind']

interface KindPlan {
  /** How often it comes, against the others. */
  weight: number
  draw: (draw: SeededDraw) => FaultAct
}

const seconds = (draw: SeededDraw, choices: readonly number[]) => draw.pick(choices) * 1000

const kinds: { [Kind in FaultKind]: KindPlan } = {
  'worker-kill': { weight: 14, draw: (draw) => ({ kind: 'worker-kill', worker: draw.whole(0, 7) }) },
  'worker-kill-twice': {
    weight: 6,
    draw: (draw) => ({
      kind: 'worker-kill-twice',
      worker: draw.whole(0, 7),
      betweenMs: draw.whole(300, 3000),
    }),
  },
  'workers-kill': { weight: 5, draw: () => ({ kind: 'workers-kill' }) },
  'worker-term': { weight: 8, draw: (draw) => ({ kind: 'worker-term', worker: draw.whole(0, 7) }) },
  'worker-pause': {
    weight: 10,
    draw: (draw) => ({
      kind: 'worker-pause',
      worker: draw.whole(0, 7),
      pauseMs: seconds(draw, [1, 2, 3, 4, 5, 8, 12, 45]),
    }),
  },
  'slot-crash': {
    weight: 8,
    draw: (draw) => ({ kind: 'slot-crash', worker: draw.whole(0, 7), slot: draw.whole(0, 7) }),
  },
  'member-joins': {
    weight: 8,
    draw: (draw) => ({ kind: 'member-joins', stayMs: draw.whole(500, 4000) }),
  },
  'broker-kill': { weight: 10, draw: () => ({ kind: 'broker-kill' }) },
  'broker-term': { weight: 4, draw: () => ({ kind: 'broker-term' }) },
  'broker-away': {
    weight: 3,
    draw: (draw) => ({ kind: 'broker-away', awayMs: seconds(draw, [8, 15, 60]) }),
  },
  'broker-pause': {
    weight: 5,
    draw: (draw) => ({ kind: 'broker-pause', pauseMs: seconds(draw, [1, 2, 4, 8, 20]) }),
  },
  'provider-kill': { weight: 8, draw: () => ({ kind: 'provider-kill' }) },
  'provider-term': { weight: 3, draw: () => ({ kind: 'provider-term' }) },
  'backend-kill': { weight: 2, draw: () => ({ kind: 'backend-kill' }) },
  'supervisor-kill': {
    weight: 4,
    draw: (draw) => ({ kind: 'supervisor-kill', next: draw.pick(['up', 'status', 'down'] as const) }),
  },
  rate: {
    weight: 4,
    draw: (draw) => ({ kind: 'rate', perSecond: draw.pick([500, 1000, 2000, 3000, 5000]) }),
  },
  'down-up': { weight: 3, draw: () => ({ kind: 'down-up' }) },
  'disk-full': {
    weight: 1,
    draw: (draw) => ({ kind: 'disk-full', fullMs: seconds(draw, [5, 10, 20]) }),
  },
}

export const FAULT_KINDS = Object.keys(kinds) as FaultKind[]

/** Those that need nothing but the stack; a full disk needs a file system of its own. */
const USUAL_KINDS = FAULT_KINDS.filter((kind) => kind !== 'disk-full')

/** The faults of a seed: the same ones, in the same order, with the same times, whenever it is asked. */
export function planFaults(
  seed: number,
  { count, only = USUAL_KINDS }: { count: number; only?: readonly FaultKind[] },
): Fault[] {
  const draw = createSeededDraw(seed)
  const total = only.reduce((sum, kind) => sum + kinds[kind].weight, 0)
  const draws = () => {
    let at = draw.next() * total
    for (const kind of only) {
      at -= kinds[kind].weight
      if (at < 0) return kinds[kind].draw(draw)
    }
    return kinds[only[0] as FaultKind].draw(draw)
  }
  return Array.from({ length: count }, () => ({ delayMs: draw.whole(100, 2000), ...draws() }))
}

/** A fault in words: its kind and what the seed decided about it. */
export function faultText(fault: Fault): string {
  const { kind, delayMs: _delay, ...rest } = fault
  return [
    kind,
    ...Object.entries(rest).map(([name, value]) =>
      name.endsWith('Ms') ? `${name.slice(0, -2)} ${Number(value) / 1000} s` : `${name} ${value}`,
    ),
  ].join(', ')
}
