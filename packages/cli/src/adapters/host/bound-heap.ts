import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** A command that watches for hours allocates some megabytes a second, none of which lives for long. */
const YOUNG_BYTES = 4 * 1024 * 1024
/** Programs are loaded by then; before, the heap grows by what is needed. */
const STARTED_MS = 5_000

/**
 * Keeps the heap of this process small. V8 by itself lets the young generation take 64 MiB, and fills them all before it collects:
 * here it stays at `youngBytes` (or twice that, in which steps it grows). And the old generation is collected when it has grown by a
 * fifth, instead of several times over. A command line option would be lost where radtune is started as `node radtune.js`.
 */
export function boundHeap({ youngBytes = YOUNG_BYTES } = {}): void {
  // It grows after collections only.
  const observer = new PerformanceObserver(() => {
    if (youngSize() < youngBytes) return
    // The largest size is read at the start of the process, this at each growth.
    setFlagsFromString('--semi-space-growth-factor=1')
    observer.disconnect()
  })
  observer.observe({ entryTypes: ['gc'] })
  setTimeout(() => setFlagsFromString('--heap-growing-percent=20'), STARTED_MS).unref()
}

function youngSize(): number {
  return getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0
}
