import { type Role, singleServiceRules, thousandths, workerRules } from '../stack/index.ts'

/** All services of one role: they have the same limit, and share what is moved. */
export interface CpuHolder {
  role: Role
  /** Services of the role. */
  count: number
  /** Slots of each; 0 for all but workers. */
  slots: number
  /** Limit of each, CPUs. */
  cpus: number
  /** What each uses at most, CPUs. */
  used: number
  /** Somebody gave the limit: it stays. */
  pinned: boolean
}

/** New limits by role, CPUs of each service. Σ over all services is what it was. */
export type MovedCpu = ReadonlyMap<Role, number>

/** Limits are in twentieths of a CPU. */
const STEP = 50
/** One step makes a limit at least a quarter larger, and at most twice as large. */
const LEAST_GROWTH = 1.25
const MOST_GROWTH = 2

/** The least that a service of a role can live with, CPUs. Source: the planner's floors. */
export function cpuFloor({ role, slots }: Pick<CpuHolder, 'role' | 'slots'>): number {
  return role === 'worker' ? workerRules.floorCpusPerSlot * slots : singleServiceRules[role].cpus.floor
}

/**
 * Moves CPU to the role that is held back, from those that leave more than `idleShare` of theirs idle: each gives down to its
 * floor and to what it uses ÷ `utilisation`, the one with most to spare first. Undefined when nothing can be moved.
 */
export function moveCpu(
  holders: readonly CpuHolder[],
  {
    to,
    heldBack,
    idleShare,
    utilisation,
  }: {
    to: Role
    /** Share of CPU periods in which it is throttled: it would have used that much more. */
    heldBack: number
    idleShare: number
    utilisation: number
  },
): MovedCpu | undefined {
  const taker = holders.find(({ role }) => role === to)
  if (!taker || taker.pinned) return undefined
  const donors = holders
    .filter(({ role, pinned, used, cpus }) => role !== to && !pinned && used < (1 - idleShare) * cpus)
    .map((holder) => ({ holder, spare: spareOf(holder, utilisation) }))
    .sort((a, b) => b.spare - a.spare)
  // Amounts that every role can share out among its services without a remainder.
  const unit = STEP * Math.max(1, ...holders.map(({ count }) => count))
  const wanted = Math.ceil((wantedOf(taker, { heldBack, utilisation }) * taker.count) / unit) * unit
  const moved = new Map<Role, number>()
  let taken = 0
  for (const { holder, spare } of donors) {
    const given = Math.floor(Math.min(spare, wanted - taken) / unit) * unit
    if (given <= 0) continue
    moved.set(holder.role, (thousandths(holder.cpus) - given / holder.count) / 1000)
    taken += given
  }
  if (taken === 0) return undefined
  return moved.set(taker.role, (thousandths(taker.cpus) + taken / taker.count) / 1000)
}

/** What one service of the role is to get on top, thousandths. */
function wantedOf(
  { cpus, used }: CpuHolder,
  { heldBack, utilisation }: { heldBack: number; utilisation: number },
): number {
  const demand = heldBack < 1 ? used / (1 - heldBack) : Number.POSITIVE_INFINITY
  const target = Math.min(MOST_GROWTH * cpus, Math.max(LEAST_GROWTH * cpus, demand / utilisation))
  return thousandths(target - cpus)
}

/** What all services of the role can give, thousandths. */
function spareOf(holder: CpuHolder, utilisation: number): number {
  const least = Math.max(cpuFloor(holder), holder.used / utilisation)
  return Math.max(0, thousandths(holder.cpus) - Math.ceil(thousandths(least) / STEP) * STEP) * holder.count
}
