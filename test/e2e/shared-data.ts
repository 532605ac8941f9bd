import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The folder of real readings, where a checkout has it beside the project. */
export const sharedReadings = join(import.meta.dirname, '../../../shared/data/safecast')

/** Whether tests on real readings are left out: never when everything is required. */
export const withoutReadings = !existsSync(sharedReadings) && process.env.RADTUNE_REQUIRE_ALL !== '1'
