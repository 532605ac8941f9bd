import type { MachineFingerprint } from '@radtune/core/bench'
import type { Host } from '../ports/host.ts'

/** What measurements of this machine hold for; `version` is that of radtune. */
export async function fingerprintMachine(
  host: Pick<Host, 'facts' | 'identity'>,
  version: string,
): Promise<MachineFingerprint> {
  const [{ cpus, memoryBytes }, identity] = await Promise.all([host.facts(), host.identity()])
  return { ...identity, cpus, memoryBytes, version }
}
