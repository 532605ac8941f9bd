import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** A command that watches for hours allocates some megabytes a second, none of which lives for long. */
const ENOUGH_BYTES = 8 * 1024 * 1024

/**
 * Keeps V8 from growing the young generation of this process past `enoughBytes` (or twice that, in which steps it grows): by itself it
 * takes 64 MiB, and fills them all before it collects. A command line option would be lost where radtune is started as `node radtune.js`.
 */
export function boundYoungGeneration(enoughBytes = ENOUGH_BYTES): void {
  // It grows after collections only.
  const observer = new PerformanceObserver(() => {
    if (youngBytes() < enoughBytes) return
    // The largest size is read at the start of the process, this at each growth.
    setFlagsFromString('--semi-space-growth-factor=1')
    observer.disconnect()
  })
  observer.observe({ entryTypes: ['gc'] })
}

function youngBytes(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0
}
