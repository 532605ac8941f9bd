import { type JournalEntry, type JournalLine, journalText, readJournal } from '@radtune/core/advice'
import { RadtuneError } from '@radtune/core/errors'
import type { Files } from '../ports/files.ts'

/** What advice has done to a project: `.radtune/journal.ndjson`. */
export interface JournalStore {
  /** The oldest step first. Throws RT-ADV-001 when the file is damaged anywhere but in its last line. */
  read(): Promise<JournalEntry[]>
  /** On disk when it resolves. */
  append(line: DistributiveOmit<JournalLine, 'schema'>): Promise<void>
}

type DistributiveOmit<Union, Key extends string> = Union extends unknown ? Omit<Union, Key> : never

export function createJournalStore(
  files: Files,
  projectDir: string,
  warn: (text: string) => void,
): JournalStore {
  const path = `${projectDir}/.radtune/journal.ndjson`
  return {
    async read() {
      const journal = readJournal((await files.read(path)) ?? '', path)
      if (!journal.ok) throw new RadtuneError('RT-ADV-001', { what: journal.problem })
      for (const warning of journal.warnings) warn(warning)
      return journal.entries
    },
    append: (line) =>
      files.append(path, journalText({ schema: 'radtune.journal/1', ...line } as JournalLine)),
  }
}

/** The id of a step that begins now: they are counted up. */
export function nextId(entries: readonly JournalEntry[]): string {
  return String(1 + Math.max(0, ...entries.map(({ id }) => Number(id)).filter(Number.isFinite)))
}
