import type { Output } from '../output/output.ts'
import { createLiveLine, type LiveLine } from './live-line.ts'

/** What goes on: on a terminal one live line; else a line for each thing that is done. Nothing when quiet. */
export function createProgressLine(
  output: Output,
  { stream, now }: { stream: Parameters<typeof createLiveLine>[0]; now: () => number },
): LiveLine {
  if (output.stderr.terminal && !output.mode.quiet) return createLiveLine(stream, now)
  let said = ''
  const say = (text: string) => {
    const [what = ''] = text.split(', ')
    if (what !== '' && what !== said) output.say(text)
    said = what
  }
  return {
    show: say,
    print: (lines) => {
      for (const text of lines) output.say(text)
    },
    hide: () => undefined,
    draw: () => undefined,
    end: () => undefined,
  }
}
