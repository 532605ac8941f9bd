import { formatInstantIso } from '@radtune/core/safecast'
import type { Dirty, Valid } from './judgement.ts'
import { textOf } from './parse-record.ts'

/** The JSON of a `ProcessedReading`, written by hand because it is on the path of every record. */
export function processedValue(reading: Valid): string {
  const { lat5, lon5, cpm, instantUs, level, critical, usvh, basis, deviceId, loaderId, flags } = reading
  let json = `{"latitude":${lat5 / 100_000},"longitude":${lon5 / 100_000},"value":${cpm},"unit":"cpm","captured_time":"${formatInstantIso(instantUs)}","level":"${level}","critical":${critical},"usvh":${usvh},"usvh_basis":"${basis}"`
  if (deviceId !== undefined) json += `,"device_id":${quoted(deviceId)}`
  if (loaderId !== undefined) json += `,"loader_id":${quoted(loaderId)}`
  json += flags.length === 0 ? ',"flags":[]}' : `,"flags":${JSON.stringify(flags)}}`
  return json
}

/** The JSON of a `DirtyRecord`: why, and the value as received, in base64 when it is not UTF-8. */
export function dirtyValue(judgement: Dirty, received: Uint8Array | null): string {
  const { reason, detail } = judgement
  const text = received === null ? '' : textOf(received)
  const raw =
    text === undefined
      ? { raw: Buffer.from(received as Uint8Array).toString('base64'), raw_encoding: 'base64' }
      : { raw: text }
  return JSON.stringify({ reason, detail, ...raw })
}

/** Ids are digits almost always; everything else is left to JSON. */
const plainId = /^[\w .:-]*$/

function quoted(id: string): string {
  return plainId.test(id) ? `"${id}"` : JSON.stringify(id)
}
