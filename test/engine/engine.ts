import { spawnSync } from 'node:child_process'
import process from 'node:process'

/** Skips what needs a container engine with compose where none answers. */
export const withoutEngine =
  process.env.RADTUNE_REQUIRE_ALL !== '1' &&
  !(answers(['version', '--format', '{{.Server.Version}}']) && answers(['compose', 'version']))

/** Runs docker to its end and gives what it printed; throws with what it complained about when it fails. */
export function docker(args: readonly string[], options: { timeoutMs?: number } = {}): string {
  const { status, stdout, stderr, error } = spawnSync('docker', args, {
    encoding: 'utf8',
    timeout: options.timeoutMs ?? 30_000,
    // The builder that needs no plugin: it is there with every engine.
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  })
  if (error) throw error
  if (status !== 0) throw new Error(`docker ${args.join(' ')} ended with ${status}\n${stderr.slice(-4000)}`)
  return stdout
}

function answers(args: readonly string[]): boolean {
  return spawnSync('docker', args, { stdio: 'ignore', timeout: 10_000 }).status === 0
}
