import type { Drift } from '@radtune/core/drift'
import { driftData } from './drift-data.ts'
import { driftGithub } from './drift-github.ts'
import { driftJunit } from './drift-junit.ts'
import { driftMarkdown } from './drift-markdown.ts'
import { driftSarif } from './drift-sarif.ts'
import { driftText } from './drift-text.ts'
import { answerEnvelope } from './envelope.ts'
import type { StreamStyle } from './output.ts'
import { createPalette } from './palette.ts'
import type { ReporterName } from './reporter-names.ts'

const PLAIN: StreamStyle = { terminal: false, columns: 100, colour: false, palette: createPalette(false) }

/** A comparison in the words of one reporter; without a `style` for a file. */
export function reportDrift(
  drift: Drift,
  {
    reporter,
    version,
    style = PLAIN,
    warnings,
  }: {
    reporter: ReporterName
    version: string
    style?: StreamStyle | undefined
    warnings: readonly string[]
  },
): string {
  switch (reporter) {
    case 'text':
      return driftText(drift, style)
    case 'json':
      return JSON.stringify(
        answerEnvelope('radtune.drift/1', { data: driftData(drift), exitCode: drift.exitCode, warnings }),
      )
    case 'sarif':
      return driftSarif(drift, { version })
    case 'junit':
      return driftJunit(drift)
    case 'github':
      return driftGithub(drift)
    case 'markdown':
      return driftMarkdown(drift)
  }
}
