import type { Role } from '../stack/index.ts'
import type { AdviceContext } from './context.ts'
import type { MemoryHolder } from './move-memory.ts'
import { pinnedBy } from './pinned.ts'
import { lastWindows } from './windows.ts'

/** The memory of each role and the most that one of its services used. A role of which that is not known is left out. */
export function memoryHoldersOf(
  context: AdviceContext,
  { ignorePins = false }: { ignorePins?: boolean } = {},
): MemoryHolder[] {
  const { services } = context.spec
  return [...new Set(services.map(({ role }) => role))].flatMap((role) => {
    const own = services.filter((service) => service.role === role)
    const shares = own.map(({ name, memoryBytes }) => ({
      told: lastWindows(context, `memory/${name}`),
      memoryBytes,
    }))
    if (shares.some(({ told }) => !told.known)) return []
    return [
      {
        role,
        count: own.length,
        slots: Math.max(...own.map(({ slots = 0 }) => slots)),
        memoryBytes: Math.max(...own.map(({ memoryBytes }) => memoryBytes)),
        usedBytes: Math.max(
          ...shares.map(({ told, memoryBytes }) => (told.known ? told.whole.max * memoryBytes : 0)),
        ),
        givenHeapBytes: givenHeapBytes(context, role),
        pinned: !ignorePins && pinnedBy(context, { key: `${role}.memory` }) !== undefined,
      },
    ]
  })
}

/** The heap of a role when it would not follow its memory limit, bytes: somebody gave it, or advice did. */
export function givenHeapBytes({ spec }: AdviceContext, role: Role): number | undefined {
  const heaps = spec.services.filter((service) => service.role === role)
  return pinnedBy({ spec, own: new Map() }, { key: `${role}.heap` }) === undefined
    ? undefined
    : Math.max(...heaps.map(({ heapBytes = 0 }) => heapBytes))
}
