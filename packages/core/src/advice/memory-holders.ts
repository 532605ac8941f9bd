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
    const heapGiven = pinnedBy(context, { key: `${role}.heap` }) !== undefined
    return [
      {
        role,
        count: own.length,
        slots: Math.max(...own.map(({ slots = 0 }) => slots)),
        memoryBytes: Math.max(...own.map(({ memoryBytes }) => memoryBytes)),
        usedBytes: Math.max(
          ...shares.map(({ told, memoryBytes }) => (told.known ? told.whole.max * memoryBytes : 0)),
        ),
        givenHeapBytes: heapGiven ? Math.max(...own.map(({ heapBytes = 0 }) => heapBytes)) : undefined,
        pinned: !ignorePins && pinnedBy(context, { key: `${role}.memory` }) !== undefined,
      },
    ]
  })
}
