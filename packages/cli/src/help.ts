import type { Config } from '@oclif/core/config'
import { Help } from '@oclif/core/help'
import { RadtuneError } from '@radtune/core/errors'
import { nearest } from '@radtune/core/settings'
import { answerEnvelope } from './output/envelope.ts'
import { EXIT_CODES, exitCodesText } from './output/exit-codes-text.ts'
import type { Output } from './output/output.ts'
import type { CommandWords } from './run-radtune.ts'

/** Shows help on stdout: of a command, of the exit codes, or of everything. Throws RT-CLI-001 for an unknown subject. */
export async function showHelp(
  words: CommandWords,
  { config, output, ids }: { config: Config; output: Output; ids: readonly string[] },
): Promise<number> {
  const subject = words.id ?? words.names.join(':')
  const parts: string[] = []
  if (subject === 'exit-codes') {
    parts.push(exitCodesText(output.stdout.palette))
  } else {
    if (subject !== '' && !ids.includes(subject)) {
      const near = nearest(words.names.join(' '), [...ids.map((id) => id.replaceAll(':', ' ')), 'exit-codes'])
      throw new RadtuneError('RT-CLI-001', {
        what: `there is no help about "${words.names.join(' ')}"`,
        ...(near ? { why: `did you mean radtune help ${near}?` } : {}),
        fix: ['radtune --help'],
      })
    }
    const help = new CollectingHelp(config, { stripAnsi: output.stdout.palette.bold('x') === 'x' })
    await help.showHelp(subject === '' ? [] : subject.split(':'))
    parts.push(help.text.trimEnd())
    if (subject === '') parts.push('', exitCodesText(output.stdout.palette))
  }
  if (output.mode.json) {
    const data = { subject: subject || null, text: parts.join('\n'), exitCodes: EXIT_CODES }
    output.document(answerEnvelope('radtune.help/1', { data, exitCode: 0, warnings: [] }))
  } else {
    output.data(parts.join('\n'))
  }
  return 0
}

class CollectingHelp extends Help {
  text = ''

  protected override log(...lines: string[]): void {
    this.text += `${lines.join(' ')}\n`
  }
}
