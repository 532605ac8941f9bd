import { RadtuneError } from '@radtune/core/errors'
import type { SettingKey } from '@radtune/core/settings'
import { MIB } from '@radtune/core/units'
import { parse } from 'yaml'
import type { Runtime } from '../ports/runtime.ts'
import { editOverlay } from './edit-overlay.ts'
import { createJournalStore, nextId } from './journal-store.ts'
import { type PlanPlaces, planProject } from './plan-project.ts'

/** A stack with something wrong, to see what advice makes of it. */
interface Demo {
  sentence: string
  /** Readings per second that show it. */
  rate: number
  values: Readonly<Partial<Record<SettingKey, number>>>
  /** What is planted in the slots, where settings alone show nothing. */
  slotFault?: string
}

export const DEMOS = {
  'starved-broker': {
    sentence: 'Kafka has 0.2 CPU, and the workers are idle',
    rate: 2000,
    values: { 'kafka.cpus': 0.2 },
  },
  'over-parallel': {
    sentence: 'six slots share 0.5 CPU',
    rate: 8000,
    values: { 'worker.count': 1, 'worker.cpus': 0.5 },
  },
  'slow-fetch': {
    sentence: 'fetches wait for bytes that come slowly',
    rate: 50,
    values: { 'consumer.fetchMinBytes': 1024 },
  },
  'under-parallel': {
    sentence: 'one slot, and a record takes two milliseconds of CPU',
    rate: 600,
    values: { 'pipeline.parallelism': 1 },
    slotFault: 'work=2ms',
  },
  memory: {
    sentence: 'the heap of the only slot is nearly full',
    rate: 6000,
    values: { 'worker.count': 1, 'pipeline.parallelism': 1, 'worker.heap': 256 * MIB },
    slotFault: 'hold=168MiB',
  },
  leak: {
    sentence: 'the only slot holds on to 2 MiB more of heap every second',
    rate: 500,
    values: { 'worker.count': 1, 'pipeline.parallelism': 1, 'worker.heap': 512 * MIB },
    slotFault: 'leak=2MiB/s',
  },
} as const satisfies Record<string, Demo>

export type DemoName = keyof typeof DEMOS

type PlantedDemo = Pick<Demo, 'rate' | 'sentence'> & { slotFault: string | undefined }

/**
 * Gives a new project the settings of a demo, as a step in the journal: so advice may change them, and radtune advise --undo takes
 * them back. Answers the rate that shows it, and what is to be planted in the slots. Throws RT-UP-013 when the project has settings
 * of its own, and RT-CLI-021 when the demo plants something and the runtime is not the local one.
 */
export async function plantDemo(
  places: PlanPlaces,
  {
    name,
    profile,
    runtime,
    now,
  }: { name: DemoName; profile: string | undefined; runtime: Runtime['name']; now: number },
): Promise<PlantedDemo> {
  const { sentence, rate, values, slotFault }: Demo = DEMOS[name]
  if (slotFault !== undefined && runtime !== 'local')
    throw new RadtuneError('RT-CLI-021', {
      what: `--demo ${name} plants ${slotFault} in the workers, which only the local runtime does`,
      fix: [`radtune up --runtime local --demo ${name}`],
    })
  const planted: PlantedDemo = { rate, sentence, slotFault }
  const path = `${places.projectDir}/.radtune/overlay.yaml`
  const before = await places.files.read(path)
  const journal = createJournalStore(places.files, places.projectDir, () => undefined)
  const entries = await journal.read()
  const own = (parse(before ?? '') as { settings?: object } | null)?.settings ?? {}
  if (entries.some(({ opened }) => opened.by === by(name))) return planted
  if (Object.keys(own).length > 0)
    throw new RadtuneError('RT-UP-013', { what: `${path} has settings already` })
  const { spec } = await planProject(places, { profile, assignments: [] })
  const changes = Object.entries(values).map(([key, to]) => ({
    key: key as SettingKey,
    from: spec.settings[key as SettingKey].value,
    to,
  }))
  const id = nextId(entries)
  const step = {
    rule: 'limit-oversubscribed',
    effect: 'live',
    changes,
    stage: null,
    why: `planted by --demo: ${sentence}`,
    expected: [],
    cost: 'it is worse, on purpose',
  } as const
  await journal.append({ id, at: now, kind: 'open', by: by(name), step, sentence, evidence: [] })
  const edits = changes.map(({ key, to }) => ({ name: key, value: to }))
  await places.files.write(path, editOverlay(before, edits))
  for (const kind of ['applied', 'settled'] as const) await journal.append({ id, at: now, kind })
  await journal.append({ id, at: now, kind: 'verdict', verdict: 'kept', sentence: step.why })
  return planted
}

function by(name: DemoName): string {
  return `radtune up --demo ${name}`
}
