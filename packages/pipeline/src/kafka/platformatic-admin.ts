import type { Admin } from '@platformatic/kafka'
import type { ClientOptions } from './driver.ts'

/** Lets `act` use an admin client of @platformatic/kafka, for calls that kafkajs lacks. The import is dear: for rare acts. */
export async function withPlatformaticAdmin<Result>(
  { clientId, bootstrap }: ClientOptions,
  act: (admin: Admin) => Promise<Result>,
): Promise<Result> {
  const platformatic = await import('@platformatic/kafka')
  const admin = new platformatic.Admin({
    clientId,
    bootstrapBrokers: bootstrap.split(','),
    retries: 10,
    retryDelay: 300,
  })
  try {
    return await act(admin)
  } finally {
    await admin.close()
  }
}
