import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { RuntimeWish } from '../ports/runtime.ts'
import { dockerIsUsable } from './docker/index.ts'

/**
 * The runtime that a project is run by: the one wished for, else the one that runs it, else the one that holds its data. A
 * project that has neither gets Docker where it can be used, if any will do, and else the local runtime.
 */
export async function chooseRuntime(projectDir: string, wish?: RuntimeWish): Promise<'local' | 'docker'> {
  if (wish === 'local' || wish === 'docker') return wish
  const has = (...path: string[]) => existsSync(join(projectDir, '.radtune', ...path))
  if (has('local', 'supervisor.json')) return 'local'
  if (has('docker', 'launched.json')) return 'docker'
  if (has('local', 'data', 'kafka', 'meta.properties')) return 'local'
  if (has('docker', 'compose.yaml')) return 'docker'
  return wish === 'any' && (await dockerIsUsable()) ? 'docker' : 'local'
}
