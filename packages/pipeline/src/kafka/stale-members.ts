import type { ClientOptions } from './driver.ts'
import { createKafkajs } from './kafkajs-client.ts'

/**
 * Removes members of a group that bear this client's own id: what an earlier process of the same name left behind when it was
 * killed. Without it the group waits for them until their session times out, and their partitions stand still. To be called
 * before joining, by clients whose id is theirs alone. Returns how many were removed.
 */
export async function removeStaleMembers(client: ClientOptions, groupId: string): Promise<number> {
  const memberIds = await findMembers(client, groupId)
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
      members: memberIds.map((memberId) => ({ memberId, reason: 'its process was killed' })),
    })
  } finally {
    await admin.close()
  }
  return memberIds.length
}

async function findMembers(client: ClientOptions, groupId: string): Promise<string[]> {
  const admin = createKafkajs(client).admin()
  await admin.connect()
  try {
    const { groups } = await admin.describeGroups([groupId])
    return groups
      .flatMap(({ members }) => members)
      .filter(({ clientId }) => clientId === client.clientId)
      .map(({ memberId }) => memberId)
  } finally {
    await admin.disconnect()
  }
}
