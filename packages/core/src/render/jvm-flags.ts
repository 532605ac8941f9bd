import { MIB } from '../units/index.ts'

/** Below this heap, G1's regions and side tables cost more than its short pauses are worth. */
const SMALLEST_G1_HEAP_BYTES = 256 * MIB

/**
 * Up to this CPU limit the broker's code is compiled by the quick compiler only. The optimising one takes some ten seconds of CPU
 * to make the code that is left a quarter cheaper; with half a CPU the broker is throttled for most of a minute for that.
 */
const QUICK_COMPILER_UP_TO_CPUS = 1

/** Flags of the broker's Java: heap and everything else. `cpus` may be a fraction. */
export function jvmFlags({ heapBytes, cpus }: { heapBytes: number; cpus: number }): string[] {
  return [
    ...jvmHeapFlags(heapBytes),
    ...jvmPerformanceFlags({ heapBytes, cpus }),
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  ]
}

/** The heap, of a fixed size. */
export function jvmHeapFlags(heapBytes: number): string[] {
  const heapMiB = Math.max(1, Math.floor(heapBytes / MIB))
  return [`-Xms${heapMiB}m`, `-Xmx${heapMiB}m`]
}

/** The processors that the broker sizes its pools by, its compiler and its collector. */
export function jvmPerformanceFlags({ heapBytes, cpus }: { heapBytes: number; cpus: number }): string[] {
  const collector =
    heapBytes < SMALLEST_G1_HEAP_BYTES
      ? ['-XX:+UseSerialGC']
      : ['-XX:+UseG1GC', '-XX:MaxGCPauseMillis=20', '-XX:InitiatingHeapOccupancyPercent=35']
  return [
    `-XX:ActiveProcessorCount=${Math.max(1, Math.ceil(cpus))}`,
    ...(cpus <= QUICK_COMPILER_UP_TO_CPUS ? ['-XX:TieredStopAtLevel=1'] : []),
    ...collector,
    '-XX:+ExitOnOutOfMemoryError',
    '-XX:-UsePerfData',
    '-Djava.awt.headless=true',
    '-Dfile.encoding=UTF-8',
  ]
}

/**
 * Flags of a Java that ends within a second: nothing is compiled twice, and classes come from the archive when it exists. Measured,
 * formatting a storage takes 0.7 s of CPU instead of 2.
 */
export function jvmToolFlags(classArchive: string): string[] {
  return [
    '-Xmx128m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-XX:SharedArchiveFile=${classArchive}`,
    '-Xshare:auto',
    '-Xlog:cds=off',
    '-Xlog:cds+dynamic=off',
  ]
}
