import type { ClientOptions } from './driver.ts'
import { createKafkajs } from './kafkajs-client.ts'

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
  const platformatic = await import('@platformatic/kafka')
  const admin = new platformatic.Admin({
    clientId: client.clientId,
    bootstrapBrokers: client.bootstrap.split(','),
    retries: 10,
    retryDelay: 300,
  })
  try {
    await admin.removeMembersFromConsumerGroup({
      groupId,
      members: memberIds.map((memberId) => ({ memberId, reason: 'nobody is behind it' })),
    })
  } finally {
    await admin.close()
  }
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
