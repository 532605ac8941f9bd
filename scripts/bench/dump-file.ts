import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { FULL_DUMP_HEADER } from '@radtune/core/safecast'
import { createGenerator } from '../../packages/pipeline/src/provider/generator.ts'

/** Writes generated readings, with the documented mix of units and faults, as a dump of 13 columns. */
export async function writeDumpFile(
  path: string,
  { rows, seed }: { rows: number; seed: number },
): Promise<void> {
  const file = createWriteStream(path)
  file.write(`${FULL_DUMP_HEADER.join(',')}\n`)
  const generator = createGenerator({ seed, now: Date.now })
  const rowsPerPiece = 5000
  for (let written = 0; written < rows; written += rowsPerPiece) {
    let text = ''
    for (const { reading } of generator.rows(Math.min(rowsPerPiece, rows - written))) {
      const { captured_time, latitude, longitude, value, unit, location_name, device_id } = reading
      const { md5sum, height, uploaded_time, loader_id } = reading
      const fields = [captured_time, latitude, longitude, value, unit, location_name, device_id]
      text += `${[...fields, md5sum, height, '', '', uploaded_time, loader_id].map(csvField).join(',')}\n`
    }
    if (!file.write(text)) await once(file, 'drain')
  }
  file.end()
  await once(file, 'close')
}

function csvField(value: unknown): string {
  const text = value === undefined || value === null ? '' : String(value)
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
