import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import type { Launch } from '../../packages/cli/src/ports/runtime.ts'
import { runJson } from './radtune.ts'

/** What `radtune up` launched in a project, live changes included. */
export function readLaunch(project: string): Launch {
  return parse(readFileSync(join(project, '.radtune/stack.yaml'), 'utf8')) as Launch
}

/** Process ids of the services that run, by name. */
export async function readPids(project: string): Promise<Record<string, number>> {
  const { data } = (await runJson(project, ['status'])).document
  const services: { name: string; pid: number }[] = data.services
  return Object.fromEntries(services.map(({ name, pid }) => [name, pid]))
}
