import type { ClockFacts, Doctor, EngineFacts, LimitTrial } from '../../ports/doctor.ts'

/** Answers of a doctor in memory; tests change them as they go. An Error is thrown, `never` never answers. */
export interface MemoryDoctorAnswers {
  engine: EngineFacts | { tried: string; why: string } | Error | 'never'
  compose: string | undefined | Error
  limits: LimitTrial | Error | 'never'
  freeDiskBytes: number | Error
  portsInUse: { port: number; owner: string | undefined }[] | Error
  java: { version: number; path: string } | Error
  kafka: { version: string; cached: boolean; maven: string | undefined } | Error
  pipeline: string | Error
  openFiles: number | undefined | Error
  clock: ClockFacts | Error
}

/** The answers of a machine on which all is well, without a container engine. */
export function healthyAnswers(): MemoryDoctorAnswers {
  return {
    engine: { tried: 'unix:///var/run/docker.sock', why: 'connect ENOENT' },
    compose: undefined,
    limits: { how: 'cgroup v2', trial: { limitCpus: 0.2, usedCpus: 0.2 } },
    freeDiskBytes: 200 * 1024 ** 3,
    portsInUse: [],
    java: { version: 17, path: '/usr/bin/java' },
    kafka: { version: '4.3.1', cached: true, maven: undefined },
    pipeline: '/pipeline/bin',
    openFiles: 1_048_576,
    clock: { jumpMs: 0, watchedMs: 500, synchronised: true },
  }
}

export function createMemoryDoctor(answers: MemoryDoctorAnswers): Doctor {
  const answer = async <Key extends keyof MemoryDoctorAnswers>(
    key: Key,
  ): Promise<Exclude<MemoryDoctorAnswers[Key], Error | 'never'>> => {
    const given = answers[key]
    if (given instanceof Error) throw given
    if (given === 'never') return await new Promise(() => undefined)
    return given as Exclude<MemoryDoctorAnswers[Key], Error | 'never'>
  }
  return {
    engine: () => answer('engine'),
    compose: () => answer('compose'),
    limits: () => answer('limits'),
    freeDiskBytes: () => answer('freeDiskBytes'),
    portsInUse: async (ports) => (await answer('portsInUse')).filter(({ port }) => ports.includes(port)),
    java: () => answer('java'),
    kafka: () => answer('kafka'),
    pipeline: () => answer('pipeline'),
    openFiles: () => answer('openFiles'),
    clock: () => answer('clock'),
  }
}
