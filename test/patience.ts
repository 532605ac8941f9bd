import { vi } from 'vitest'

/** Vitest gives up after a second, in which a browser or a broker on a busy machine may not have answered. */
const PATIENCE_MS = 10_000

const { waitFor } = vi
vi.waitFor = (holds, options = PATIENCE_MS) => waitFor(holds, options)
