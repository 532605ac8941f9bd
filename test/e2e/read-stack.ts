import { createProject } from '../../packages/cli/src/adapters/project/project-files.ts'
import type { Launch } from '../../packages/cli/src/ports/runtime.ts'
import { runJson } from './radtune.ts'

/** What `radtune up` launched in a project, live changes included. */
export async function readLaunch(project: string): Promise<Launch> {
  const launch = await createProject({ directory: project }).readLaunch()
  if (!launch) throw new Error(`${project} has launched nothing`)
  return launch
}

/** Process ids of the services that run, by name. */
export async function readPids(project: string): Promise<Record<string, number>> {
  const { data } = (await runJson(project, ['status'])).document
  const services: { name: string; pid: number }[] = data.services
  return Object.fromEntries(services.map(({ name, pid }) => [name, pid]))
}
