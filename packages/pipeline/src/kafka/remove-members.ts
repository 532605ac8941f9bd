import type { ClientOptions } from './driver.ts'
import { createKafkajs } from './kafkajs-client.ts'
import { withPlatformaticAdmin } from './platformatic-admin.ts'

/**
 * Removes the members of a group whose client id is told by `isStale`: nobody is behind them any more, and without it their
 * partitions stand still until their session times out. Returns how many were removed.
 */
export async function removeMembers(
  client: ClientOptions,
  groupId: string,
  isStale: (clientId: string) => boolean,
): Promise<number> {
  const memberIds = await findMembers(client, groupId, isStale)
  if (memberIds.length === 0) return 0
  await withPlatformaticAdmin(client, (admin) =>
    admin.removeMembersFromConsumerGroup({
      groupId,
      members: memberIds.map((memberId) => ({ memberId, reason: 'nobody is behind it' })),
    }),
  )
  return memberIds.length
}

async function findMembers(
  client: ClientOptions,
  groupId: string,
  isStale: (clientId: string) => boolean,
): Promise<string[]> {
  const admin = createKafkajs(client).admin()
  await admin.connect()
  try {
    const { groups } = await admin.describeGroups([groupId])
    return groups
      .flatMap(({ members }) => members)
      .filter(({ clientId }) => isStale(clientId))
      .map(({ memberId }) => memberId)
  } finally {
    await admin.disconnect()
  }
}
