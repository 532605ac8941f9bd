import type { JournalEntry } from '@radtune/core/advice'
import { type Answer, BaseCommand } from '../base-command.ts'
import { changeTexts } from '../output/advice-text.ts'
import { wrapText } from '../output/wrap-text.ts'
import { createJournalStore } from '../services/journal-store.ts'
import { stateText } from '../services/run-step.ts'

/** `data` of radtune.journal-list/1. */
export interface JournalData {
  /** The newest first. */
  steps: {
    id: string
    at: number
    state: string
    rule: string
    changes: JournalEntry['opened']['step']['changes']
    by: string
    why: string
    end: string | null
  }[]
}

export default class Journal extends BaseCommand {
  static override schema = 'radtune.journal-list/1'
  static override summary = 'List what advice has changed, with what became of it'
  static override description =
    'Reads .radtune/journal.ndjson: each step with its settings, the rule that asked for it, and its verdict, the newest first. radtune advise --undo ID takes a kept one back.'
  static override examples = [
    '<%= config.bin %> journal',
    '<%= config.bin %> journal --json | jq .data.steps[0]',
  ]

  override async run(): Promise<Answer<JournalData>> {
    const { flags } = await this.parse(Journal)
    const projectDir = await this.projectDir(flags)
    const journal = createJournalStore(this.world.files, projectDir, (text) => this.output.warn(text))
    const entries = (await journal.read()).toReversed()
    const { palette, columns } = this.output.stdout
    const lines = entries.flatMap((entry) => {
      const { id, opened } = entry
      const time = new Date(opened.at).toISOString().slice(0, 19).replace('T', ' ')
      return [
        `${palette.bold(`step ${id}`)}  ${time} UTC  ${stateText(entry)}  ${opened.step.rule}`,
        ...changeTexts(opened.step.changes).map((text) => `  ${text}`),
        ...wrapText(endOf(entry) ?? opened.step.why, columns - 2).map((text) => palette.dim(`  ${text}`)),
      ]
    })
    return {
      data: {
        steps: entries.map((entry) => ({
          id: entry.id,
          at: entry.opened.at,
          state: stateText(entry),
          rule: entry.opened.step.rule,
          changes: entry.opened.step.changes,
          by: entry.opened.by,
          why: entry.opened.step.why,
          end: endOf(entry),
        })),
      },
      text:
        lines.length > 0
          ? lines.join('\n')
          : 'advice has changed nothing here yet; radtune advise says what it would',
    }
  }
}

function endOf({ last }: JournalEntry): string | null {
  return last.kind === 'verdict' ? last.sentence : last.kind === 'closed' ? last.why : null
}
