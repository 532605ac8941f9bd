import { z } from 'zod'
import { formatCpus, formatGibibytes } from '../units/index.ts'

/** What measurements of a machine hold for: the same on another one, or of another radtune, mean something else. */
export const machineFingerprintSchema = z.object({
  cpuModel: z.string(),
  cpus: z.number(),
  memoryBytes: z.number(),
  /** Operating system and its version up to the minor one: `Linux 6.8`. */
  kernel: z.string(),
  arch: z.string(),
  /** Of radtune. */
  version: z.string(),
})
export type MachineFingerprint = z.infer<typeof machineFingerprintSchema>

/** Memory that a kernel keeps for itself differs from start to start. */
const SAME_MEMORY = 0.02

/** What differs between two fingerprints, in the words of a sentence: `2 CPUs, not 4`. Empty for the same machine. */
export function compareFingerprints(measured: MachineFingerprint, here: MachineFingerprint): string[] {
  const differs = (was: string, is: string) => (was === is ? [] : [`${was}, not ${is}`])
  const sameMemory =
    Math.abs(measured.memoryBytes - here.memoryBytes) <= SAME_MEMORY * Math.max(measured.memoryBytes, 1)
  return [
    ...differs(measured.cpuModel, here.cpuModel),
    ...differs(`${formatCpus(measured.cpus)} CPUs`, `${formatCpus(here.cpus)} CPUs`),
    ...(sameMemory ? [] : differs(formatGibibytes(measured.memoryBytes), formatGibibytes(here.memoryBytes))),
    ...differs(`${measured.kernel} ${measured.arch}`, `${here.kernel} ${here.arch}`),
    ...differs(`radtune ${measured.version}`, `radtune ${here.version}`),
  ]
}

/** `Intel Xeon, 2 CPUs, 15.6 GiB, Linux 6.8 x64, radtune 0.1.0`. */
export function fingerprintText({
  cpuModel,
  cpus,
  memoryBytes,
  kernel,
  arch,
  version,
}: MachineFingerprint): string {
  return `${cpuModel}, ${formatCpus(cpus)} CPUs, ${formatGibibytes(memoryBytes)}, ${kernel} ${arch}, radtune ${version}`
}
