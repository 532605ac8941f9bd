import type { Role } from '../stack/index.ts'
import type { AdviceContext } from './context.ts'
import type { CpuHolder } from './move-cpu.ts'
import { pinnedBy } from './pinned.ts'
import { lastWindows } from './windows.ts'

/**
 * The CPU of each role and what it uses (p95 of its busiest service). A role of which that is not known is left out: it neither
 * gives nor takes. `ignorePins` answers what would be if nobody had given limits.
 */
export function cpuHoldersOf(
  context: AdviceContext,
  { ignorePins = false }: { ignorePins?: boolean } = {},
): CpuHolder[] {
  const { services } = context.spec
  return [...new Set(services.map(({ role }) => role))].flatMap((role) => {
    const own = services.filter((service) => service.role === role)
    const used = own.map(({ name }) => lastWindows(context, `cores/${name}`))
    if (used.some((told) => !told.known)) return []
    const pinned = !ignorePins && pinnedBy(context, { key: `${role}.cpus` }) !== undefined
    return [
      {
        role,
        count: own.length,
        slots: Math.max(...own.map(({ slots = 0 }) => slots)),
        cpus: Math.max(...own.map(({ cpus }) => cpus)),
        used: Math.max(...used.map((told) => (told.known ? told.whole.p95 : 0))),
        pinned,
      },
    ]
  })
}

/** The part of the flow that a role stands for; the frontend stands beside it. */
export function stageOf(role: Role): 'provider' | 'kafka' | 'workers' | 'backend' | null {
  switch (role) {
    case 'worker':
      return 'workers'
    case 'frontend':
      return null
    case 'kafka':
    case 'backend':
    case 'provider':
      return role
  }
}
