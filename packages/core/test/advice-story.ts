import { type AdviceContext, type ContextOptions, createContext } from '../src/advice/index.ts'
import { Evaluator, known, targetsOf } from '../src/metrics/index.ts'
import { profileFromName } from '../src/profile/index.ts'
import { type Pin, planStack, type Role, type StackSpec } from '../src/stack/index.ts'
import { createStory, STORY_START, type Story } from './snapshot-story.ts'

/** A plan as it runs, which stories let go wrong. */
export interface AdviceStory extends Story {
  spec: StackSpec
  evaluator: Evaluator
  /** Lets it go on. */
  tell(seconds: number): void
  /** What rules are told of it now. */
  context(options?: Partial<ContextOptions>): AdviceContext
  /** The same stack with another plan, as after a step that was applied. */
  apply(pins: readonly Pin[]): void
}

const CORES: Readonly<Record<Role, number>> = {
  kafka: 0.2,
  worker: 0.45,
  backend: 0.12,
  provider: 0.08,
  frontend: 0.04,
}

export function planned(profile: string, pins: readonly Pin[] = []): StackSpec {
  const found = profileFromName(profile)
  if (!found.ok) throw new Error(`there is no ${profile}`)
  const result = planStack(found.profile, { pins })
  if (!result.ok) throw result.error
  return result.spec
}

/** A plan in good order at 1,000 records a second: nothing waits, nothing is short. */
export function createAdviceStory({
  profile = '4c8g',
  pins = [],
}: {
  profile?: string
  pins?: readonly Pin[]
} = {}): AdviceStory {
  const spec = planned(profile, pins)
  const story: AdviceStory = Object.assign(createStory(), {
    spec,
    evaluator: new Evaluator({ targets: targetsOf(spec) }),
    tell(seconds: number) {
      for (let second = 0; second < seconds; second += 1) story.evaluator.add(story.next())
    },
    context: (options: Partial<ContextOptions> = {}) =>
      createContext(story.evaluator, { spec: story.spec, now: story.at, ...options }),
    apply(pinned: readonly Pin[]) {
      story.spec = planned(profile, [...pins, ...pinned])
      layOut(story)
    },
  })
  story.values = {}
  story.arrivalMs = 20
  story.fetch = { batches: 20, records: 1000 / 6, bytes: (1000 / 6) * 200, fill: 0.002 }
  story.heapLimitBytes = 450e6
  layOut(story)
  return story
}

/** Services, partitions and slots of the plan, each slot with its share of the partitions. */
function layOut(story: AdviceStory): void {
  const { services, settings } = story.spec
  const before = story.services
  story.services = new Map(
    services.map(({ name, role, cpus, memoryBytes }) => [
      name,
      {
        role,
        condition: 'healthy',
        reason: null,
        pid: 100,
        restarts: before.get(name)?.restarts ?? 0,
        since: STORY_START,
        exit: null,
        cpus: known(CORES[role], STORY_START),
        memoryBytes: known(0.6 * memoryBytes, STORY_START),
        throttling: { known: false as const, why: 'set by the story' },
        limits: { cpus, memoryBytes, enforced: true, how: 'cgroup v2' },
      },
    ]),
  )
  for (const { name, role } of services) if (!story.cpus.has(name)) story.cpus.set(name, CORES[role])
  const slots = services.flatMap(({ name, slots: own = 0 }) =>
    Array.from({ length: own }, (_, slot) => ({ worker: name, slot })),
  )
  const partitions = settings['topics.radiation-data.partitions'].value
  story.slots = slots.map((one) => ({
    ...one,
    busy: 0.3,
    waiting: 0,
    perSecond: story.out / slots.length,
  }))
  const fresh = { end: 10_000, committed: 10_000, dirty: 500, duplicates: 100 }
  story.partitions = Array.from({ length: partitions }, (_, partition) => {
    const owner = slots[partition % slots.length]
    return {
      ...(story.partitions.length === partitions ? (story.partitions[partition] ?? fresh) : fresh),
      owner: `${owner?.worker}-slot-${owner?.slot}`,
    }
  })
}
