import type { SlotStats } from '../../contract/index.ts'
import { slotYoungBytes } from '../../stack/index.ts'
import { formatBytes, formatDuration } from '../../units/index.ts'
import type { AdviceContext } from '../context.ts'
import { found, notEnough, quiet, type Rule, type RuleResult, settle } from '../rule.ts'
import { lastWindows } from '../windows.ts'

const HOUR_MS = 3_600_000
/** A rise of less than this share of the limit is a cache that fills. */
const LEAST_RISE = 0.05

/** What is left after collecting garbage grows from window to window. */
export const memoryLeak: Rule = {
  id: 'memory-leak',
  title: 'Used heap grows without end',
  guidelines: [8],
  needs: { window: 'longWindows', readings: ['heap/WORKER/SLOT'] },
  evaluate(context) {
    const { workers } = context.snapshot
    return settle(
      workers.flatMap(({ service, sample }): RuleResult[] =>
        sample.known
          ? sample.value.slots.map((slot) => judge(context, { worker: service, pid: sample.value.pid, slot }))
          : [notEnough({ known: false, why: `${service}: ${sample.why}`, enoughAt: null })],
      ),
      'no worker has a slot',
    )
  },
}

function judge(
  context: AdviceContext,
  { worker, pid, slot }: { worker: string; pid: number; slot: SlotStats },
): RuleResult {
  const name = `${worker}/${slot.slot}`
  const heap = lastWindows(context, `heap/${name}`, context.settings['advice.longWindows'])
  if (!heap.known) return notEnough(heap)
  // The least of a window is what a collection in it left over.
  const left = heap.windows.map(({ min }) => min)
  const [first = 0] = left
  const last = left.at(-1) ?? first
  const limit = slot.heapLimitBytes - slotYoungBytes
  const grows = left.every((bytes, index) => index === 0 || bytes > (left[index - 1] as number))
  if (!grows || last - first < LEAST_RISE * limit)
    return quiet(`${name} has ${formatBytes(last)} of heap in use, and it does not grow without end`)
  const perMs = (last - first) / (context.settings['advice.window'] * (left.length - 1))
  const leftMs = Math.max(0, limit - last) / perMs
  return found({
    rule: 'memory-leak',
    severity: leftMs < HOUR_MS ? 'critical' : 'warn',
    subject: name,
    sentence: `the heap of ${name} grows by ${formatBytes(Math.round(perMs * 60_000))} a minute without coming down: its limit of ${formatBytes(limit)} is reached in ${formatDuration(leftMs)}, and the slot then ends and starts anew. That is a bug: no setting takes it away, more memory only hides it for longer, and a restart is good for as long as this took`,
    evidence: [
      { name: `heap/${name} before`, value: first, unit: 'bytes', windowMs: heap.windowMs },
      { name: `heap/${name} now`, value: last, unit: 'bytes', windowMs: heap.windowMs },
      { name: 'time to the limit', value: leftMs, unit: 'ms', windowMs: heap.windowMs },
    ],
    stage: 'workers',
    steps: [],
    kept: [],
    forbidsMoreMemory: true,
    command: `kill -USR1 ${pid}    # opens the inspector of ${worker} on 127.0.0.1:9229: chrome://inspect, Memory, heap snapshot`,
  })
}
