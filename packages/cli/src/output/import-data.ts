import type { ForeignFinding, ForeignLedger, ForeignProfile } from '@radtune/core/foreign'
import type { WrittenProfile } from '../services/create-profile.ts'
import type { Imported } from '../services/import-compose.ts'

/** A place in a file, from 1. */
interface PlaceData {
  file: string
  line: number
  column: number
}

/** `data` of radtune.import/1. */
export interface ImportData {
  files: readonly string[]
  project: string | null
  ledger: ForeignLedger
  findings: readonly (Omit<ForeignFinding, 'service'> & { service: string | null })[]
  notUnderstood: readonly (PlaceData & { message: string })[]
  profile: ForeignProfile & { text: string }
  /** Null in a dry run. */
  written: { path: string; how: string; backup: string | null } | null
}

export function importData(imported: Imported, { how, path, text, backup }: WrittenProfile): ImportData {
  return {
    files: imported.files,
    project: imported.name ?? null,
    ledger: imported.ledger,
    findings: imported.findings.map((finding) => ({ ...finding, service: finding.service ?? null })),
    notUnderstood: imported.notes.map(({ at, message }) => ({ ...at, message })),
    profile: { ...imported.profile, text },
    written: how === 'dry run' ? null : { path, how, backup: backup ?? null },
  }
}
