/*
 * Writes oclif.manifest.json from the built commands, so that radtune knows its commands without loading them.
 * Part of the build; plain JavaScript, so that it needs no particular Node.
 */
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Config } from '@oclif/core/config'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const config = await Config.load({ root, ignoreManifest: true })
const plugin = [...config.plugins.values()].find((candidate) => candidate.root === root)
if (!plugin || config.commandIDs.length === 0) throw new Error(`no commands were found in ${root}/dist`)
await writeFile(join(root, 'oclif.manifest.json'), `${JSON.stringify(plugin.manifest, null, 2)}\n`)
