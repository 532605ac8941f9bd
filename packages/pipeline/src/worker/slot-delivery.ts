import { GROUPS, TOPICS } from '@radtune/core/contract'
import type { SettingValues } from '@radtune/core/settings'
import { type ClientOptions, fencePartitions, type KafkaDriver } from '../kafka/index.ts'
import type { SlotPorts } from './slot.ts'

/** How a slot writes, commits and takes over, by the setting `pipeline.delivery`. */
export function slotDelivery(
  delivery: SettingValues['pipeline.delivery'],
  {
    driver,
    client,
    mayWrite,
  }: { driver: KafkaDriver; client: ClientOptions; mayWrite: SlotPorts['lease']['isHeld'] },
): Pick<SlotPorts, 'producer' | 'fence' | 'commitTransaction'> {
  if (delivery === 'at-least-once')
    return {
      producer: driver.producer({ mayWrite }),
      fence: (partitions) => fencePartitions(client, TOPICS.input, partitions),
    }
  const producer = driver.transactionalProducer({ topic: TOPICS.input, groupId: GROUPS.worker, mayWrite })
  return { producer, fence: producer.fence, commitTransaction: producer.commit }
}
