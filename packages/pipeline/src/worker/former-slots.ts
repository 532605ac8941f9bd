import { GROUPS } from '@radtune/core/contract'
import { type ClientOptions, removeMembers } from '../kafka/index.ts'

/**
 * Static members hold their partitions until their session ends: slots that a worker had and has no more give them up now.
 * Returns how many were removed from the group.
 */
export function removeFormerSlots(
  client: ClientOptions,
  { service, slots }: { service: string; slots: number },
): Promise<number> {
  return removeMembers(client, GROUPS.worker, (clientId) => {
    const [of, slot] = clientId.split('-slot-')
    return of === service && Number(slot) >= slots
  })
}
