import { RadtuneError } from '@radtune/core/errors'
import { printSettingValue, type SettingKey } from '@radtune/core/settings'
import type { StackWorld } from '../ports/stack-world.ts'
import {
  type Borrowed,
  type BorrowedSetting,
  borrowedPath,
  readBorrowed,
  restoreOverlay,
  sortBorrowed,
  withBorrowedOrigins,
  writeBorrowed,
} from './borrowed-settings.ts'
import { changeSettings } from './change-settings.ts'
import { planChange } from './plan-change.ts'
import type { PlanPlaces } from './plan-project.ts'
import { runningLaunch } from './running-launch.ts'

type Values = Readonly<Partial<Record<SettingKey, string | number>>>
/** All that settings are going to be set to. */
type Meanwhile = Readonly<Partial<Record<SettingKey, readonly (string | number)[]>>>

export interface Borrower {
  world: StackWorld
  places: PlanPlaces
  /** The operation that holds the project's lock: `bench`. */
  operation: string
  signal: AbortSignal
  /** Said when everything is as it was: `provider.rate is 1,000 again`. */
  onReturned(sentence: string): void
}

/** Longest wait for the services to run by what is set. */
const TIMEOUT_MS = 60_000

/**
 * Lets `use` set live settings of the running stack for a while, by the path of `radtune set`, and puts them back whatever happens,
 * an interruption included. How they were is on disk before: after a kill the next command puts them back (`returnLeftBehind`). The
 * project's lock is held all the while: nobody else changes the stack. What `use` throws goes before RT-BENCH-006.
 */
export async function borrowSettings<Result>(
  borrower: Borrower,
  meanwhile: Meanwhile,
  use: (set: (values: Values) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  const { operation, places } = borrower
  const lock = await borrower.world.project.lock(operation)
  const world = lockHeld(borrower.world)
  try {
    const left = await returnBorrowed(world, places)
    if (left) borrower.onReturned(left)
    const stack = await world.runtime.inspect()
    if (!stack) throw new RadtuneError('RT-BENCH-001', { what: 'nothing runs; radtune up starts it' })
    const { spec } = await runningLaunch(world, stack)
    await checkAll(borrower, meanwhile)
    await writeBorrowed(places.files, {
      projectDir: places.projectDir,
      by: `radtune ${operation}`,
      at: world.clock.now(),
      spec,
      meanwhile,
    })
    return await useAndReturn({ ...borrower, world }, use)
  } finally {
    await lock.release()
  }
}

async function useAndReturn<Result>(
  { world, places, signal, onReturned }: Borrower,
  use: (set: (values: Values) => Promise<void>) => Promise<Result>,
): Promise<Result> {
  let failure: { error: unknown } | undefined
  let result: Result | undefined
  try {
    result = await use((values) => setValues(world, places, { values, signal }))
  } catch (error) {
    failure = { error }
  }
  try {
    const sentence = await returnBorrowed(world, places)
    if (sentence) onReturned(sentence)
  } catch (error) {
    if (!failure) throw error
    onReturned(`not all is as it was before: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (failure) throw failure.error
  return result as Result
}

/** Refuses values that no plan holds with before any of them is set. */
async function checkAll({ world, places }: Borrower, meanwhile: Meanwhile): Promise<void> {
  const stack = await world.runtime.inspect()
  const running = stack && (await runningLaunch(world, stack))
  for (const [key, values] of Object.entries(meanwhile))
    for (const value of values)
      await planChange(places, {
        changes: [{ name: key, key: key as SettingKey, service: undefined, value }],
        running,
      })
}

async function setValues(
  world: StackWorld,
  places: PlanPlaces,
  { values, signal }: { values: Values; signal: AbortSignal },
): Promise<void> {
  const changes = Object.entries(values).map(([key, value]) => ({
    name: key,
    key: key as SettingKey,
    service: undefined,
    value,
  }))
  await changeSettings(world, places, {
    request: { changes, irreversible: false, dryRun: false, timeoutMs: TIMEOUT_MS },
    signal,
  })
}

/**
 * Puts back what a measurement has set that was killed before it could; what somebody has set since stays. Answers what was done, in a
 * sentence; undefined when nothing was left. Throws RT-UP-002 while the measurement still runs, and RT-BENCH-006.
 */
export async function returnLeftBehind(
  world: StackWorld,
  places: PlanPlaces,
  { operation }: { operation: string },
): Promise<string | undefined> {
  if (!(await readBorrowed(places.files, places.projectDir))) return undefined
  const lock = await world.project.lock(operation)
  try {
    return await returnBorrowed(lockHeld(world), places)
  } finally {
    await lock.release()
  }
}

async function returnBorrowed(world: StackWorld, places: PlanPlaces): Promise<string | undefined> {
  const { files, projectDir } = places
  const borrowed = await readBorrowed(files, projectDir)
  if (!borrowed) return undefined
  const { own, others } = await sortBorrowed(files, { projectDir, borrowed })
  const failure = await putInForce(world, places, own)
  await restoreOverlay(files, { projectDir, borrowed, settings: own })
  await restoreOrigins(world, own)
  if (failure)
    throw new RadtuneError('RT-BENCH-006', {
      what: `${namesOf(own)} could not be put back in force: ${failure.message}`,
      left: `the overlay says what it said before; ${borrowedPath(projectDir)} is kept for the next command`,
      cause: failure,
    })
  await files.remove(borrowedPath(projectDir))
  return returnedSentence(borrowed, { own, others })
}

/** On a running stack; answers why it failed. Nothing may interrupt it but a second signal. */
async function putInForce(
  world: StackWorld,
  places: PlanPlaces,
  settings: readonly BorrowedSetting[],
): Promise<Error | undefined> {
  if (settings.length === 0 || !(await world.runtime.inspect())) return undefined
  const values = Object.fromEntries(settings.map(({ key, resolved }) => [key, resolved.value]))
  try {
    await setValues(world, places, { values, signal: new AbortController().signal })
    return undefined
  } catch (error) {
    // A stack that has ended meanwhile has nothing in force.
    if (!(await world.runtime.inspect())) return undefined
    return error instanceof Error ? error : new Error(String(error))
  }
}

async function restoreOrigins(world: StackWorld, settings: readonly BorrowedSetting[]): Promise<void> {
  const stack = await world.runtime.inspect()
  if (!stack || settings.length === 0) return
  const launch = await runningLaunch(world, stack)
  const kept = settings.filter(({ key, resolved }) => launch.spec.settings[key].value === resolved.value)
  await world.project.writeLaunch({ ...launch, spec: withBorrowedOrigins(launch.spec, kept) })
}

function returnedSentence(
  { by }: Borrowed,
  { own, others }: { own: readonly BorrowedSetting[]; others: readonly BorrowedSetting[] },
): string {
  const again = own.map(
    ({ key, resolved }) => `${key} is ${printSettingValue(key, resolved.value as never)} again`,
  )
  const left = others.map(({ key }) => `${key} was changed since, and is left as it is`)
  return `${[...again, ...left].join(', ')}, as it was before ${by}`
}

function namesOf(settings: readonly BorrowedSetting[]): string {
  return settings.map(({ key }) => key).join(', ')
}

/** The same world for what is done under the lock that is held already. */
function lockHeld(world: StackWorld): StackWorld {
  return { ...world, project: { ...world.project, lock: async () => ({ release: async () => undefined }) } }
}
