import { GIB, KIB, MIB } from '../units/index.ts'

export type FlinkProcess = 'jobmanager' | 'taskmanager'

/** What Flink makes of its memory settings (bytes), or the sentence in which it refuses to start. */
export type FlinkMemory =
  | {
      ok: true
      heapBytes: number
      taskHeapBytes?: number
      managedBytes?: number
      networkBytes?: number
      overheadBytes: number
      flinkBytes: number
      processBytes: number
    }
  | { ok: false; problem: string }

/**
 * Flink's own arithmetic of process, heap, managed and network memory (the same from 1.18 to 2.2), so that a set of settings that
 * will not start is known without starting it. `settings` are Flink's keys; what is absent has Flink's default.
 */
export function flinkMemory(process: FlinkProcess, settings: ReadonlyMap<string, string>): FlinkMemory {
  try {
    const memory = new Settings(process, settings)
    return process === 'jobmanager' ? jobManager(memory) : taskManager(memory)
  } catch (refusal) {
    if (refusal instanceof Refusal) return { ok: false, problem: refusal.message }
    throw refusal
  }
}

class Refusal extends Error {}

interface Fraction {
  fraction: number
  min: number
  max: number
}

class Settings {
  readonly #prefix: string
  readonly #values: ReadonlyMap<string, string>

  constructor(process: FlinkProcess, values: ReadonlyMap<string, string>) {
    this.#prefix = `${process}.memory.`
    this.#values = values
  }

  size(name: string): number | undefined {
    const text = this.#values.get(this.#prefix + name)
    if (text === undefined) return undefined
    const bytes = parseMemorySize(text)
    if (bytes === undefined)
      throw new Refusal(`${this.#prefix}${name}: "${text}" is not a size that Flink reads`)
    return bytes
  }

  sizeOr(name: string, fallback: number): number {
    return this.size(name) ?? fallback
  }

  /** A Java float, widened. */
  number(name: string, fallback: number): number {
    const text = this.#values.get(this.#prefix + name)
    const value = text === undefined ? fallback : Number(text)
    if (!Number.isFinite(value)) throw new Refusal(`${this.#prefix}${name}: "${text}" is not a number`)
    return Math.fround(value)
  }

  fraction(name: string, defaults: Fraction): Fraction {
    const found = {
      fraction: this.number(`${name}.fraction`, defaults.fraction),
      min: this.sizeOr(`${name}.min`, defaults.min),
      max: this.sizeOr(`${name}.max`, defaults.max),
    }
    if (found.min > found.max || found.fraction < 0 || found.fraction >= 1)
      throw new Refusal(`${this.#prefix}${name}: its fraction, min and max contradict each other`)
    return found
  }
}

const overheadDefaults: Fraction = { fraction: 0.1, min: 192 * MIB, max: GIB }
const networkDefaults: Fraction = { fraction: 0.1, min: 64 * MIB, max: Number.MAX_SAFE_INTEGER }

function jobManager(memory: Settings): FlinkMemory {
  const heap = memory.size('heap.size')
  const flinkSize = memory.size('flink.size')
  const processSize = memory.size('process.size')
  const offHeapSet = memory.size('off-heap.size')
  let offHeap = offHeapSet ?? 128 * MIB
  if (heap !== undefined) {
    if (flinkSize !== undefined) {
      if (offHeapSet === undefined) offHeap = flinkSize - heap
      if (offHeap < 0 || heap + offHeap !== flinkSize)
        throw new Refusal(
          `heap ${mib(heap)} and off-heap ${mib(offHeap)} are not the Flink memory of ${mib(flinkSize)}`,
        )
    }
    const flink = heap + offHeap
    return { ok: true, heapBytes: heap, ...withOverhead(memory, { flink, processSize }) }
  }
  if (flinkSize === undefined && processSize === undefined) throw new Refusal(noSize)
  const whole =
    flinkSize === undefined
      ? fromProcess(memory, processSize ?? 0)
      : withOverhead(memory, { flink: flinkSize, processSize })
  if (whole.flinkBytes <= offHeap)
    throw new Refusal(
      `the Flink memory of ${mib(whole.flinkBytes)} is no more than the off-heap memory of ${mib(offHeap)}`,
    )
  return { ok: true, heapBytes: whole.flinkBytes - offHeap, ...whole }
}

const noSize = 'no size is set: one of process.size, flink.size and heap sizes is needed'

function taskManager(memory: Settings): FlinkMemory {
  const frameworkHeap = memory.sizeOr('framework.heap.size', 128 * MIB)
  const frameworkOffHeap = memory.sizeOr('framework.off-heap.size', 128 * MIB)
  const taskOffHeap = memory.sizeOr('task.off-heap.size', 0)
  const fixed = frameworkHeap + frameworkOffHeap + taskOffHeap
  const taskHeapSet = memory.size('task.heap.size')
  const managedSet = memory.size('managed.size')
  const flinkSize = memory.size('flink.size')
  const processSize = memory.size('process.size')
  const network = memory.fraction('network', networkDefaults)
  const result = (
    whole: Whole,
    parts: { taskHeap: number; managed: number; networkBytes: number },
  ): FlinkMemory => ({
    ok: true,
    heapBytes: frameworkHeap + parts.taskHeap,
    taskHeapBytes: parts.taskHeap,
    managedBytes: parts.managed,
    networkBytes: parts.networkBytes,
    ...whole,
  })

  if (taskHeapSet !== undefined && managedSet !== undefined) {
    const parts = fixed + taskHeapSet + managedSet
    const networkBytes = flinkSize === undefined ? inverse(parts, network) : flinkSize - parts
    if (flinkSize !== undefined) checkNetwork(networkBytes, network, { parts, flink: flinkSize })
    const whole = withOverhead(memory, { flink: parts + networkBytes, processSize })
    return result(whole, { taskHeap: taskHeapSet, managed: managedSet, networkBytes })
  }
  if (flinkSize === undefined && processSize === undefined) throw new Refusal(noSize)
  const flink = flinkSize ?? fromProcess(memory, processSize ?? 0).flinkBytes
  const managedFraction = memory.number('managed.fraction', 0.4)
  if (managedSet === undefined && (managedFraction < 0 || managedFraction >= 1))
    throw new Refusal('taskmanager.memory.managed.fraction is not between 0 and 1')
  const managed = managedSet ?? multiplied(flink, managedFraction)
  const withoutNetwork = fixed + (taskHeapSet ?? 0) + managed
  const networkBytes = taskHeapSet === undefined ? share(flink, network) : flink - withoutNetwork
  if (taskHeapSet !== undefined) checkNetwork(networkBytes, network, { parts: withoutNetwork, flink })
  else if (withoutNetwork + networkBytes > flink)
    throw new Refusal(tooMuch(withoutNetwork + networkBytes, flink))
  const whole =
    flinkSize === undefined
      ? fromProcess(memory, processSize ?? 0)
      : withOverhead(memory, { flink: flinkSize, processSize })
  return result(whole, {
    taskHeap: taskHeapSet ?? flink - withoutNetwork - networkBytes,
    managed,
    networkBytes,
  })
}

function checkNetwork(
  bytes: number,
  { min, max }: Fraction,
  { parts, flink }: { parts: number; flink: number },
): void {
  if (bytes < 0) throw new Refusal(tooMuch(parts, flink))
  if (bytes < min || bytes > max)
    throw new Refusal(`${mib(bytes)} are left for the network, which takes at least ${mib(min)}`)
}

function tooMuch(parts: number, flink: number): string {
  return `the parts add up to ${mib(parts)}, more than the Flink memory of ${mib(flink)}`
}

interface Whole {
  overheadBytes: number
  flinkBytes: number
  processBytes: number
}

function fromProcess(memory: Settings, process: number): Whole {
  const metaspace = memory.sizeOr('jvm-metaspace.size', 256 * MIB)
  const overheadBytes = share(process, memory.fraction('jvm-overhead', overheadDefaults))
  const flinkBytes = process - metaspace - overheadBytes
  if (flinkBytes < 0)
    throw new Refusal(
      `metaspace ${mib(metaspace)} and overhead ${mib(overheadBytes)} exceed the process of ${mib(process)}`,
    )
  return { overheadBytes, flinkBytes, processBytes: process }
}

function withOverhead(
  memory: Settings,
  { flink, processSize }: { flink: number; processSize: number | undefined },
): Whole {
  const metaspace = memory.sizeOr('jvm-metaspace.size', 256 * MIB)
  const overhead = memory.fraction('jvm-overhead', overheadDefaults)
  if (processSize === undefined) {
    const overheadBytes = inverse(flink + metaspace, overhead)
    return { overheadBytes, flinkBytes: flink, processBytes: flink + metaspace + overheadBytes }
  }
  const overheadBytes = processSize - flink - metaspace
  if (overheadBytes < 0)
    throw new Refusal(
      `the process of ${mib(processSize)} is less than its Flink memory of ${mib(flink)} and metaspace of ${mib(metaspace)}`,
    )
  if (overheadBytes < overhead.min || overheadBytes > overhead.max)
    throw new Refusal(
      `${mib(overheadBytes)} are left for the overhead of the JVM, which has to be between ${mib(overhead.min)} and ${mib(overhead.max)}`,
    )
  return { overheadBytes, flinkBytes: flink, processBytes: processSize }
}

function share(base: number, { fraction, min, max }: Fraction): number {
  return Math.min(Math.max(multiplied(base, fraction), min), max)
}

/** What belongs to a base that is the rest after the share. */
function inverse(base: number, { fraction, min, max }: Fraction): number {
  return Math.min(Math.max(multiplied(base, fraction / (1 - fraction)), min), max)
}

/** Exact decimal product, cut off: Flink multiplies BigDecimals. */
function multiplied(bytes: number, factor: number): number {
  const [whole = '0', decimals = ''] = (
    String(factor).includes('e') ? factor.toFixed(20) : String(factor)
  ).split('.')
  return Number((BigInt(bytes) * BigInt(whole + decimals)) / 10n ** BigInt(decimals.length))
}

const sizeUnits: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  bytes: 1,
  k: KIB,
  kb: KIB,
  kibibytes: KIB,
  m: MIB,
  mb: MIB,
  mebibytes: MIB,
  g: GIB,
  gb: GIB,
  gibibytes: GIB,
  t: 1024 * GIB,
  tb: 1024 * GIB,
  tebibytes: 1024 * GIB,
}

/** Whole numbers only: Flink refuses "1.5g". */
function parseMemorySize(text: string): number | undefined {
  const match = /^(\d+)\s*([a-z]*)$/i.exec(text.trim())
  const unit = sizeUnits[(match?.[2] ?? '').toLowerCase()]
  if (match === null || unit === undefined) return undefined
  const bytes = Number(match[1]) * unit
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

function mib(bytes: number): string {
  return `${Number((bytes / MIB).toFixed(1))}m`
}
