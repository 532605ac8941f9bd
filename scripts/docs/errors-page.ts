import { type CatalogueEntry, errorCatalogue } from '@radtune/core/errors'
import { code, pageHead } from './markdown.ts'

/** docs/reference/errors.md: the catalogue of codes. */
export function errorsPage(): string {
  const entries: [string, CatalogueEntry][] = Object.entries(errorCatalogue)
  const sections = entries
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, { title, exitCode, explanation, fix }]) =>
      [
        `## ${name}: ${title}`,
        '',
        explanation,
        '',
        `Exit code ${exitCode}.${fix.length > 0 ? ' Ways out:' : ''}`,
        ...(fix.length > 0 ? ['', ...fix.map((step) => `- ${code(step)}`)] : []),
      ].join('\n'),
    )
  return `${pageHead('Error codes')}\nCodes are permanent. \`radtune explain CODE\` prints the same.\n\n${sections.join('\n\n')}\n`
}
