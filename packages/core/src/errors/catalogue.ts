/** What is always true of an error code, whatever the occasion. */
export interface CatalogueEntry {
  title: string
  /** Exit code of the command that fails with it: 1 failed, 2 usage, 4 precondition, 5 timed out. */
  exitCode: 1 | 2 | 4 | 5
  /** What it means and where it comes from, for `radtune explain CODE` and the docs. */
  explanation: string
  /** Default ways out, most likely first. */
  fix: readonly string[]
}

/** Every error code of radtune. Codes are permanent: a retired one is never used again. */
export const errorCatalogue = {
  'RT-SET-001': {
    title: 'a setting has a value that it cannot take',
    exitCode: 2,
    explanation:
      'Every setting has a type, a unit and a range. A value outside of them is refused where it is given, before anything acts on it.',
    fix: ['radtune explain <setting>'],
  },
  'RT-DATA-001': {
    title: 'the header is not that of a Safecast dump',
    exitCode: 2,
    explanation:
      'A dump begins with a header line that names its columns; Captured Time, Latitude, Longitude, Value and Unit are needed, in any order. Other columns are optional.',
    fix: ['head -1 FILE', 'export the data again with its header line'],
  },
  'RT-DATA-002': {
    title: 'a data file cannot be read',
    exitCode: 2,
    explanation: 'The file named by --data is missing, unreadable, empty, or a directory without CSV files.',
    fix: ['ls -l FILE'],
  },
  'RT-DATA-003': {
    title: 'a data file is not UTF-8 text',
    exitCode: 2,
    explanation:
      'Dumps are UTF-8 CSV, plain or gzip. UTF-16 text, archives and binary files are recognised by their first bytes and refused.',
    fix: ['iconv -f UTF-16 -t UTF-8 FILE > utf8.csv'],
  },
} as const satisfies Record<string, CatalogueEntry>

export type ErrorCode = keyof typeof errorCatalogue
