import type { Bottleneck } from '../metrics/index.ts'
import type { SettingKey } from '../settings/index.ts'
import { pinName } from '../stack/index.ts'
import type { AdviceContext } from './context.ts'
import { stageOf } from './cpu-holders.ts'
import { healthOf } from './health.ts'
import { NotSeen } from './plan-as-seen.ts'
import {
  type Change,
  type Finding,
  type Kept,
  notEnough,
  type Rule,
  type RuleId,
  type RuleResult,
  type Severity,
  type Step,
} from './rule.ts'
import { rules } from './rules/index.ts'

/** What is to be changed, why, and what is left as it is. */
export interface Advice {
  schema: 'radtune.advice/1'
  /** Wall-clock milliseconds. */
  at: number
  bottleneck: Bottleneck
  /** The most pressing first. */
  findings: readonly Finding[]
  /** What answers them, the first to be made first; no two change the same setting. */
  steps: readonly Step[]
  /** The one step that may be made now, never one that cannot be taken back; null when there is none or something holds it. */
  next: Step | null
  /** Why no step may be made now; null when none is held back. */
  holds: string | null
  kept: readonly Kept[]
  undecided: readonly { rule: RuleId; missing: string; enoughAt: number | null }[]
}

export interface JudgeOptions {
  /** A step that is not decided yet, in a sentence: only one at a time, or nobody could tell which of two helped. */
  inFlight?: string
  /** What the rules say, when that is known already; else all are asked. */
  results?: readonly RuleState[]
}

/** Where one rule stands. */
export interface RuleState {
  rule: Rule
  result: RuleResult
}

/** Where each rule stands. One that asks for more of the plan than can be seen (`planAsSeen`) is not decided. */
export function evaluateRules(context: AdviceContext, of: readonly Rule[] = rules): RuleState[] {
  return of.map((rule) => ({ rule, result: evaluateRule(context, rule) }))
}

function evaluateRule(context: AdviceContext, rule: Rule): RuleResult {
  try {
    return rule.evaluate(context)
  } catch (error) {
    if (error instanceof NotSeen) return notEnough({ known: false, why: error.message, enoughAt: null })
    throw error
  }
}

/** Runs the rules and settles what they say among each other: the bottleneck decides, then how pressing it is. */
export function judge(
  context: AdviceContext,
  { inFlight, results = evaluateRules(context) }: JudgeOptions = {},
): Advice {
  const { evaluation, now } = context
  const { bottleneck } = evaluation
  const findings = results
    .flatMap(({ result }) => (result.state === 'finding' ? result.findings : []))
    .toSorted((a, b) => pressing(b, bottleneck) - pressing(a, bottleneck))
  const sifted = siftSteps(findings, bottleneck)
  const reversible = sifted.steps.find(({ effect }) => effect !== 'irreversible') ?? null
  const holds = sifted.steps.length === 0 ? null : whyHeld(context, { inFlight, reversible })
  return {
    schema: 'radtune.advice/1',
    at: now,
    bottleneck,
    findings,
    steps: sifted.steps,
    next: holds === null ? reversible : null,
    holds,
    kept: distinct([...findings.flatMap(({ kept }) => kept), ...sifted.kept]),
    undecided: results.flatMap(({ rule, result }) =>
      result.state === 'not-enough-data'
        ? [{ rule: rule.id, missing: result.missing, enoughAt: result.enoughAt }]
        : [],
    ),
  }
}

const SEVERITIES: Readonly<Record<Severity, number>> = { info: 0, warn: 1, critical: 2 }

function pressing({ stage, severity }: Finding, bottleneck: Bottleneck): number {
  const isBottleneck = stage !== null && stage === bottleneck.stage
  return SEVERITIES[severity] + (isBottleneck ? 10 : 0)
}

/** Leaves out what another finding forbids, what would take from the bottleneck, and second opinions on a setting. */
function siftSteps(findings: readonly Finding[], bottleneck: Bottleneck): { steps: Step[]; kept: Kept[] } {
  const noMoreSlots = findings.find(({ forbidsMoreSlots }) => forbidsMoreSlots)
  const noMoreMemory = findings.find(({ forbidsMoreMemory }) => forbidsMoreMemory)
  const steps: Step[] = []
  const kept: Kept[] = []
  const decided = new Set<string>()
  for (const step of findings.flatMap((finding) => finding.steps)) {
    const objection =
      noMoreSlots && grows(step, SLOT_KEYS)
        ? `${noMoreSlots.rule}: ${noMoreSlots.subject} has more than its share`
        : noMoreMemory && grows(step, WORKER_MEMORY_KEYS)
          ? `${noMoreMemory.rule}: ${noMoreMemory.subject} would use up more as well, only later`
          : takesFrom(step, bottleneck)
            ? `${bottleneck.service ?? bottleneck.stage} is the bottleneck: nothing is taken from it`
            : undefined
    if (objection !== undefined) {
      kept.push(...step.changes.map((change) => keptOf(step.rule, change, objection)))
      continue
    }
    const keys = step.changes.map(pinName)
    if (keys.some((key) => decided.has(key))) continue
    for (const key of keys) decided.add(key)
    steps.push(step)
  }
  return { steps, kept }
}

const SLOT_KEYS: readonly SettingKey[] = [
  'pipeline.parallelism',
  'worker.count',
  'topics.radiation-data.partitions',
]

const WORKER_MEMORY_KEYS: readonly SettingKey[] = ['worker.heap', 'worker.memory']

function grows({ changes }: Step, keys: readonly SettingKey[]): boolean {
  return changes.some((change) => keys.includes(change.key) && isLess(change.from, change.to))
}

function takesFrom({ changes }: Step, { stage }: Bottleneck): boolean {
  return changes.some(({ key, from, to }) => {
    const resource = /^(kafka|worker|backend|provider|frontend)\.(cpus|memory)$/.exec(key)
    const role = resource?.[1] as Parameters<typeof stageOf>[0] | undefined
    return role !== undefined && stage !== null && stageOf(role) === stage && isLess(to, from)
  })
}

function isLess(a: Change['from'], b: Change['to']): boolean {
  return typeof a === 'number' && typeof b === 'number' && a < b
}

function keptOf(rule: RuleId, { key, service, from }: Change, why: string): Kept {
  return { rule, key, ...(service === undefined ? {} : { service }), value: from, why }
}

function distinct(kept: readonly Kept[]): Kept[] {
  return [...new Map(kept.map((one) => [pinName(one), one])).values()]
}

function whyHeld(
  { evaluation }: AdviceContext,
  { inFlight, reversible }: { inFlight: string | undefined; reversible: Step | null },
): string | null {
  if (inFlight !== undefined) return inFlight
  const health = healthOf(evaluation)
  if (!health.healthy) return health.why
  return reversible === null ? 'what is left to change cannot be taken back, and has to be asked for' : null
}
