import { OUTPUT_TOPICS } from '../../contract/index.ts'
import { planLedger, type StackSpec } from '../../stack/index.ts'
import { formatBytes, formatCount, formatDuration, MIB } from '../../units/index.ts'
import type { AdviceContext } from '../context.ts'
import { expectSameThroughput } from '../expectations.ts'
import { type Proposed, proposeStep } from '../propose-step.ts'
import { found, notEnough, quiet, type Rule } from '../rule.ts'
import { lastWindows } from '../windows.ts'

/** Data topics: the input and the outputs. */
const TOPIC_COUNT = OUTPUT_TOPICS.length + 1
const LEAST_RETENTION = 16 * MIB

/** Logs grow to more than the disk holds: rate × size × (retention + time to fill a segment). */
export const retentionOutgrowsDisk: Rule = {
  id: 'retention-outgrows-disk',
  title: 'Logs outgrow the disk before retention deletes them',
  guidelines: [],
  needs: { window: 'windows', readings: ['in', 'freeDiskBytes', 'kafka.sizes'] },
  evaluate(context) {
    const { freeDiskBytes } = context.facts
    const { sizes } = context.snapshot.kafka
    if (!freeDiskBytes.known) return notEnough({ known: false, why: freeDiskBytes.why, enoughAt: null })
    if (!sizes.known)
      return notEnough({ known: false, why: `sizes of the topics: ${sizes.why}`, enoughAt: null })
    const into = lastWindows(context, 'in')
    if (!into.known) return notEnough(into)
    const rate = into.whole.average
    if (rate <= 0) return quiet('nothing comes in')
    const present = Object.values(sizes.value).reduce((sum, bytes) => sum + bytes, 0)
    const projected = projectedBytes(context.spec, rate)
    const growth = Math.max(0, projected - present)
    const allowed = context.settings['advice.diskShare'] * freeDiskBytes.value
    const sentence = `at ${formatCount(Math.round(rate))}/s the logs grow by ${formatBytes(growth)} to ${formatBytes(projected)}, and ${formatBytes(freeDiskBytes.value)} are free`
    if (growth <= allowed) return quiet(sentence)
    return found({
      rule: 'retention-outgrows-disk',
      severity: growth > freeDiskBytes.value ? 'critical' : 'warn',
      subject: 'kafka',
      sentence,
      evidence: [
        { name: 'projected logs', value: projected, unit: 'bytes', windowMs: into.windowMs },
        { name: 'logs now', value: present, unit: 'bytes', windowMs: null },
        { name: 'free disk', value: freeDiskBytes.value, unit: 'bytes', windowMs: null },
      ],
      stage: null,
      ...propose(context, { budget: present + allowed, rate, sentence }),
    })
  },
}

/** What the topics hold at most at one rate, by the arithmetic of the plan. */
function projectedBytes(spec: StackSpec, perSecond: number): number {
  const workload = { ...spec.workload, minPerSecond: perSecond, maxPerSecond: perSecond }
  return planLedger({ ...spec, workload }).disk.atRates[0]?.bytes ?? 0
}

/** A partition keeps its retention and one open segment: both together are its share of the budget. */
function propose(
  context: AdviceContext,
  { budget, rate, sentence }: { budget: number; rate: number; sentence: string },
): Proposed {
  const { settings } = context.spec
  const partitions = settings['topics.radiation-data.partitions'].value
  const share = budget / (partitions * TOPIC_COUNT)
  const segment = settings['topics.segmentBytes'].value
  const toSegment = Math.min(segment, Math.max(MIB, Math.floor(share / 2 / MIB) * MIB))
  const retention = settings['topics.retentionBytes'].value
  const toRetention = Math.min(
    retention,
    Math.max(LEAST_RETENTION, Math.floor((share - toSegment) / MIB) * MIB),
  )
  const kept = (toRetention * partitions * 1000) / (rate * planLedger(context.spec).disk.recordBytes)
  return proposeStep(context, 'retention-outgrows-disk', {
    changes: [
      { key: 'topics.retentionBytes', from: retention, to: toRetention },
      { key: 'topics.segmentBytes', from: segment, to: toSegment },
    ],
    stage: null,
    why: `${sentence}; ${formatBytes(Math.round(share))} for each of ${partitions * TOPIC_COUNT} logs, half of it at most in the open segment`,
    expected: expectSameThroughput(context),
    cost: `records are kept for about ${formatDuration(kept)}`,
  })
}
