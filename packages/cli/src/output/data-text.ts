import type { DataSource } from '../ports/runtime.ts'

/** What the data of a launch are, in a few words: the file names, or the generator with its seed. */
export function dataText(data: DataSource): string {
  switch (data.kind) {
    case 'generator':
      return `generated readings, seed ${data.seed}`
    case 'files':
      return `${data.paths.join(', ')}${data.loop ? ', again and again' : ''}`
  }
}
