import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { shippedProfileNames } from '@radtune/core/profile'
import { createDiskFiles } from '../packages/cli/src/adapters/files/disk-files.ts'
import { checkText, generateText } from '../packages/cli/src/output/generate-text.ts'
import { createOutput } from '../packages/cli/src/output/output.ts'
import { generateCompose, writeCompose } from '../packages/cli/src/services/generate-compose.ts'
import { projectDir } from './run-program.ts'

/**
 * `npm run compose`: writes compose/<profile> for each profile that radtune ships, as `radtune generate --overwrite` does.
 * With `--check` writes nothing, and lists what differs (exit 1).
 */
const check = process.argv.includes('--check')
const { version } = JSON.parse(await readFile(join(projectDir, 'packages', 'cli', 'package.json'), 'utf8'))
const files = createDiskFiles()
const { stdout: style } = createOutput(
  { stdout: process.stdout, stderr: process.stderr, environment: process.env },
  { json: false, quiet: false, noColour: false },
)
const places = {
  files,
  projectDir,
  workingDir: projectDir,
  shippedProfilesDir: join(projectDir, 'profiles'),
  userConfigFile: join(projectDir, '.radtune', 'no-config.yaml'),
  environment: {},
}

for (const profile of shippedProfileNames) {
  const generated = await generateCompose(places, {
    profile,
    assignments: [],
    out: join(projectDir, 'compose'),
    environments: ['dev', 'prod'],
    version,
  })
  const differs = generated.files.some(({ state }) => state !== 'unchanged')
  if (check && differs) process.exitCode = 1
  if (check) {
    if (differs) console.log(checkText(generated, style))
  } else {
    const backups = await writeCompose(files, generated.files)
    console.log(generateText(generated, { backups, style }))
  }
}
