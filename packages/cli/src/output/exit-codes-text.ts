import type { Palette } from './palette.ts'

/** What each exit code means; the same in text and JSON mode. */
export const EXIT_CODES = [
  { code: '0', meaning: 'done, nothing to report' },
  { code: '1', meaning: 'failed' },
  {
    code: '2',
    meaning: 'wrong usage: unknown command or flag, bad value or profile, answer needed with no terminal',
  },
  { code: '3', meaning: 'findings: it worked, and the answer is "no"' },
  {
    code: '4',
    meaning: 'precondition missing, or could not check: port in use, not enough memory, source unreachable',
  },
  { code: '5', meaning: 'timed out' },
  { code: '130', meaning: 'interrupted by Ctrl-C (SIGINT)' },
  { code: '143', meaning: 'ended by SIGTERM' },
] as const

export function exitCodesText(palette: Palette): string {
  return [
    palette.bold('EXIT CODES'),
    ...EXIT_CODES.map(({ code, meaning }) => `  ${code.padStart(3)}  ${meaning}`),
  ].join('\n')
}
