import { driftClasses, driftSourceKinds, driftStates } from '@radtune/core/drift'
import { z } from 'zod'

const place = z.object({ file: z.string(), line: z.number(), column: z.number() })

const state = z.enum(driftStates)

/** `data` of radtune.drift/1. */
export const driftSchema = z.object({
  profile: z.string(),
  verdict: z.enum(['in sync', 'drift', 'not checked']),
  counts: z.record(state, z.number().int().nonnegative()),
  sources: z.array(
    z.object({
      kind: z.enum(driftSourceKinds),
      name: z.string(),
      state: z.enum(['read', 'unchecked', 'not applicable']),
      why: z.string().nullable(),
    }),
  ),
  items: z.array(
    z.object({
      path: z.string(),
      class: z.enum(Object.keys(driftClasses) as [keyof typeof driftClasses]),
      source: z.string(),
      state,
      wanted: z.string().nullable(),
      found: z.string().nullable(),
      at: place.nullable(),
      why: z.string().nullable(),
      also: z.array(z.string()),
      accept: z.object({ name: z.string(), value: z.union([z.string(), z.number()]) }).nullable(),
    }),
  ),
  notes: z.array(z.object({ at: place.nullable(), text: z.string() })),
})

export type DriftData = z.infer<typeof driftSchema>
