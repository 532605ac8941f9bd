import { z } from 'zod'

/**
 * What the backend is told of the stack that it belongs to: no more than it cannot find out by itself, and nothing that changes
 * while the stack runs, but for the services.
 */
export const stackOutlineSchema = z.object({
  machine: z.object({ cpus: z.number(), memoryBytes: z.number(), usableMemoryBytes: z.number() }),
  workload: z.object({
    minPerSecond: z.number(),
    maxPerSecond: z.number(),
    latencyTargetMs: z.number(),
  }),
  /** Where each service tells its stats, as host:port, by its name, in the order of the plan; null for one that tells none. */
  stats: z.record(z.string(), z.string().nullable()),
})
export type StackOutline = z.infer<typeof stackOutlineSchema>
