import type { Bottleneck } from '../metrics/index.ts'
import type { SettingEffect, SettingKey } from '../settings/index.ts'
import type { AdviceContext } from './context.ts'
import type { Missing, Told } from './windows.ts'

/** Ids are permanent. */
export type RuleId =
  | 'cpu-saturated'
  | 'service-throttled'
  | 'hot-partition'
  | 'hot-slot'
  | 'operator-heavy'
  | 'memory-high'
  | 'memory-leak'
  | 'checkpoint-costly'
  | 'throughput-low'
  | 'fetch-small'
  | 'fetch-wait-dominates-latency'
  | 'latency-high'
  | 'watermark-held'
  | 'network-bound'
  | 'over-provisioned'
  | 'retention-outgrows-disk'
  | 'heap-exceeds-limit'
  | 'limit-oversubscribed'

/** One tuning rule: pure, and never guessing what it was not told. */
export interface Rule {
  id: RuleId
  title: string
  /** Numbers of the guidelines of the reference configuration; empty for what those leave out. */
  guidelines: readonly number[]
  needs: {
    /** `static` judges by the plan alone. */
    window: 'static' | 'windows' | 'longWindows'
    /** Names of measurements (docs/monitor.md) and of facts. */
    readings: readonly string[]
  }
  evaluate(context: AdviceContext): RuleResult
}

export type RuleResult =
  | { state: 'quiet'; why: string }
  | { state: 'finding'; findings: readonly Finding[] }
  | { state: 'not-enough-data'; missing: string; enoughAt: number | null }

export type Severity = 'info' | 'warn' | 'critical'

export type EvidenceUnit =
  | 'share'
  | 'perSecond'
  | 'ms'
  | 'microseconds'
  | 'bytes'
  | 'bytesPerSecond'
  | 'cpus'
  | 'count'
  | 'ratio'

/** A number that a finding rests on. `windowMs` is what it was taken over; null for one of the plan. */
export interface Evidence {
  name: string
  value: number
  unit: EvidenceUnit
  windowMs: number | null
}

/** A rule's remark, with what would answer it. */
export interface Finding {
  rule: RuleId
  severity: Severity
  /** A service, slot, partition, stage, or `stack`. */
  subject: string
  sentence: string
  evidence: readonly Evidence[]
  /** The part of the flow that it is about; null when it is about none. */
  stage: Bottleneck['stage']
  /** What would answer it; the best first. */
  steps: readonly Step[]
  /** What would answer it as well, and is left as it is. */
  kept: readonly Kept[]
  /** Nobody may add slots or partitions while it holds. */
  forbidsMoreSlots?: boolean
  /** Nobody may give the workers more memory while it holds: it would hide what is wrong. */
  forbidsMoreMemory?: boolean
  /** To look closer, for a person. */
  command?: string
}

export type ChangeValue = number | string

/** One setting, from → to, in the unit of the table. */
export interface Change {
  key: SettingKey
  /** Set when it is for one service of the role only. */
  service?: string
  from: ChangeValue
  to: ChangeValue
}

/** Changes that are made together: all of one effect class. */
export interface Step {
  rule: RuleId
  effect: SettingEffect
  changes: readonly Change[]
  stage: Bottleneck['stage']
  /** A sentence with the arithmetic filled in. */
  why: string
  expected: readonly Expectation[]
  /** What it costs, in a sentence. */
  cost: string
}

/** What a step is to do to a measured number: from → somewhere in [low, high]. */
export interface Expectation {
  /** A measurement by name, or `cost`: CPU microseconds of the workers for each record. */
  metric: string
  unit: EvidenceUnit
  better: 'lower' | 'higher'
  from: number
  low: number
  high: number
}

/** A setting that would be changed, and is not. */
export interface Kept {
  rule: RuleId
  key: SettingKey
  service?: string
  value: ChangeValue
  why: string
}

export function quiet(why: string): RuleResult {
  return { state: 'quiet', why }
}

export function found(...findings: readonly Finding[]): RuleResult {
  return { state: 'finding', findings }
}

export function notEnough({ why, enoughAt }: Missing): RuleResult {
  return { state: 'not-enough-data', missing: why, enoughAt }
}

/** What results about several things come to: findings if there is one, else what is missing, else quiet. */
export function settle(results: readonly RuleResult[], nothing: string): RuleResult {
  const findings = results.flatMap((result) => (result.state === 'finding' ? result.findings : []))
  if (findings.length > 0) return found(...findings)
  return (
    results.find(({ state }) => state === 'not-enough-data') ??
    results.find(({ state }) => state === 'quiet') ??
    quiet(nothing)
  )
}

/** The average of a metric over its windows, as evidence. */
export function evidenceOf(name: string, told: Told, unit: EvidenceUnit): Evidence {
  return { name, value: told.whole.average, unit, windowMs: told.windowMs }
}
