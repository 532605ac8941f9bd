import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { runRadtune } from '../e2e/radtune.ts'
import { docker } from './engine.ts'

export const env = { RADTUNE_RUNTIME: 'docker' }

/** A project folder of its own for stacks in containers; `close` leaves nothing of it, whatever happened. */
export async function openDockerProject(): Promise<{ project: string; close(): Promise<void> }> {
  const project = await mkdtemp(join(tmpdir(), 'radtune-engine-'))
  return {
    project,
    async close() {
      await runRadtune(project, ['down', '--volumes', '--confirm', basename(project)], { env })
      await rm(project, { recursive: true, force: true })
    },
  }
}

export async function withDockerProject(use: (project: string) => Promise<void>): Promise<void> {
  const { project, close } = await openDockerProject()
  try {
    await use(project)
  } finally {
    await close()
  }
}

/** The name of the container of a service, running or not. */
export function containerOf(project: string, service: string): string {
  const slug = basename(project)
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
  const label = `label=com.docker.compose.service=${service}`
  const names = docker(['ps', '-a', '--filter', label, '--format', '{{.Names}}']).trim().split('\n')
  const name = names.find((candidate) => candidate.includes(slug))
  if (!name) throw new Error(`${service} has no container among ${names}`)
  return name
}
