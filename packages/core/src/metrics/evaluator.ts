import { deriveEvents, sourcesOf } from './derive-events.ts'
import { drawEvaluation } from './draw-evaluation.ts'
import type { Evaluation } from './evaluation.ts'
import { createAlertFollower } from './follow-alerts.ts'
import { createBottleneckFollower } from './follow-bottleneck.ts'
import { History } from './history.ts'
import { type Measures, measure, newestOfEach } from './measure.ts'
import { createWindowReader, type WindowReader } from './metric-over.ts'
import { metricName, metricValueText } from './metric-text.ts'
import type { MonitorEvent, Snapshot } from './snapshot.ts'
import { type Targets, targetsInForce } from './targets.ts'
import { stepThreshold, type ThresholdState, thresholdOf } from './threshold.ts'

export interface EvaluatorOptions {
  targets: Targets
  /** What averages, percentiles and trends are taken over: a minute when left out. */
  windowMs?: number
  /** Samples of history: an hour at one a second when left out. */
  capacity?: number
}

/** Events that are kept. */
const MOST_EVENTS = 200
const WINDOW_MS = 60_000

/**
 * Takes snapshots in the order of time, keeps the history of what they measure, and says what the newest window means. It
 * keeps two snapshots, whatever the length of the history.
 */
export class Evaluator {
  readonly history: History
  readonly windowMs: number
  #targets: Targets
  #newest: Snapshot | undefined
  /** The newest word of each source, and what was measured of it. */
  #before: { snapshot: Snapshot; measures: Measures } | undefined
  #silent: ReadonlySet<string> = new Set()
  readonly #told = new Set<string>()
  readonly #windows: WindowReader
  readonly #states = new Map<string, { state: ThresholdState; at: number }>()
  readonly #kills = new Map<string, number>()
  readonly #bottleneck = createBottleneckFollower()
  readonly #alerts = createAlertFollower()
  #events: MonitorEvent[] = []

  constructor({ targets, windowMs = WINDOW_MS, capacity }: EvaluatorOptions) {
    this.#targets = targets
    this.windowMs = windowMs
    this.history = new History(capacity === undefined ? {} : { capacity })
    this.#windows = createWindowReader(this.history)
  }

  get targets(): Targets {
    return this.#targets
  }

  get events(): readonly MonitorEvent[] {
    return this.#events
  }

  /** The newest snapshot that was added. */
  get newest(): Snapshot | undefined {
    return this.#newest
  }

  /** Fills the history with what services remember from before the first snapshot, also when that was taken already. Judges nothing. */
  addPast(snapshots: readonly Snapshot[]): void {
    let before: { snapshot: Snapshot; measures: Measures } | undefined
    const samples: { at: number; values: Measures }[] = []
    for (const snapshot of snapshots) {
      const measures = measure(snapshot, { before, fromServices: true })
      samples.push({ at: snapshot.at, values: measures })
      before = { snapshot: newestOfEach(before?.snapshot, snapshot), measures }
    }
    this.history.addOlder(samples)
  }

  /** Takes one more snapshot; one that is not newer than the newest changes nothing. */
  add(snapshot: Snapshot): Evaluation {
    const measures = measure(snapshot, { before: this.#before })
    if (!this.history.add(snapshot.at, measures)) return this.evaluate(this.#newest?.at ?? snapshot.at)
    if (snapshot.settings.known) this.#targets = targetsInForce(this.#targets, snapshot.settings.value.values)
    const { silent, told } = sourcesOf(snapshot)
    if (this.#before) {
      const sources = { silentBefore: this.#silent, toldBefore: this.#told }
      this.#note(deriveEvents(this.#before.snapshot, snapshot, sources))
    }
    this.#note(this.#alerts(snapshot))
    this.#silent = new Set(silent.keys())
    for (const name of told) this.#told.add(name)
    this.#newest = snapshot
    this.#before = { snapshot: newestOfEach(this.#before?.snapshot, snapshot), measures }
    this.#judge(measures, snapshot.at)
    return this.evaluate(snapshot.at)
  }

  /** What the window that ends at `now` means, by the newest snapshot. Throws while there is none. */
  evaluate(now: number): Evaluation {
    if (!this.#newest || !this.#before) throw new Error('there is no snapshot to evaluate yet')
    return drawEvaluation({
      now,
      windowMs: this.windowMs,
      history: this.history,
      windows: this.#windows,
      snapshot: this.#newest,
      measures: this.#before.measures,
      targets: this.#targets,
      stateOf: (metric) => this.#states.get(metric)?.state,
      killsOf: (service) => this.#kills.get(service) ?? 0,
      bottleneck: this.#bottleneck,
      events: this.#events,
    })
  }

  #judge(measures: Measures, at: number): void {
    for (const [metric, reading] of measures) {
      const threshold = thresholdOf(metric, this.#targets, measures.get('in'))
      // The same reading twice is one sample.
      if (!threshold || !reading.known || this.#states.get(metric)?.at === reading.at) continue
      const before = this.#states.get(metric)?.state
      const state = stepThreshold(before, reading, threshold)
      this.#states.set(metric, { state, at: reading.at })
      if (state.word === (before?.word ?? 'ok')) continue
      const value = metricValueText(metric, reading.value)
      const limit = metricValueText(metric, threshold.warn)
      this.#note([
        {
          at,
          severity: state.word === 'ok' ? 'info' : state.word === 'WARN' ? 'warn' : 'crit',
          kind: 'threshold',
          subject: metric,
          sentence:
            state.word === 'ok'
              ? `${metricName(metric)} is ok again: ${value}`
              : `${metricName(metric)} ${value}, over ${limit}`,
        },
      ])
    }
  }

  #note(events: readonly MonitorEvent[]): void {
    for (const { kind, subject } of events)
      if (kind === 'out-of-memory') this.#kills.set(subject, (this.#kills.get(subject) ?? 0) + 1)
    this.#events = [...this.#events, ...events].slice(-MOST_EVENTS)
  }
}

/** What a window of snapshots means: the convenience for rules and recordings. Throws when there is no snapshot. */
export function evaluate(
  snapshots: readonly Snapshot[],
  { targets, now, windowMs }: { targets: Targets; now?: number; windowMs?: number },
): Evaluation {
  const evaluator = new Evaluator({ targets, ...(windowMs === undefined ? {} : { windowMs }) })
  for (const snapshot of snapshots) evaluator.add(snapshot)
  return evaluator.evaluate(now ?? snapshots.at(-1)?.at ?? 0)
}
