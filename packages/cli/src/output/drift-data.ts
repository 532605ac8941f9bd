import type { Drift } from '@radtune/core/drift'
import type { DriftData } from './drift-schema.ts'

/** `data` of radtune.drift/1: every field that was compared, those in sync too. */
export function driftData({ profile, verdict, counts, sources, items, notes }: Drift): DriftData {
  return {
    profile,
    verdict,
    counts: { ...counts },
    sources: sources.map(({ why, ...source }) => ({ ...source, why: why ?? null })),
    items: items.map((item) => ({
      path: item.path,
      class: item.class,
      source: item.source.name,
      state: item.state,
      wanted: item.wanted ?? null,
      found: item.found ?? null,
      at: item.at ?? null,
      why: item.why ?? null,
      also: [...item.also],
      accept: item.accept ?? null,
    })),
    notes: notes.map(({ at, text }) => ({ at: at ?? null, text })),
  }
}
