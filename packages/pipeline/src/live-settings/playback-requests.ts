import { TOPICS } from '@radtune/core/contract'
import { parseSetting, type RejectedSetting, settingRecordValue } from '@radtune/core/settings'
import { type ClientOptions, type FollowedRecord, followTopic, writeSettings } from '../kafka/index.ts'

/** Requests for another playback speed, in the form of the reference system. */
export interface PlaybackRequests {
  /** The newest requests that are ignored, and why. */
  readonly rejected: readonly RejectedSetting[]
  close(): Promise<void>
}

const KEY = 'provider.playbackSpeed'
const MOST_REJECTED = 5

/**
 * Turns records `{"playback_speed": 2}` of the topic playback-config into the setting provider.playbackSpeed. Begins with the
 * newest one; a request that is not newer than what the settings topic says was answered before, or overruled.
 */
export function followPlaybackRequests(
  client: ClientOptions,
  {
    saidAt,
    logger,
  }: {
    /** When the settings topic said the playback speed last. */
    saidAt: () => number | undefined
    logger: { info(details: object, message: string): void; warn(details: object, message: string): void }
  },
): PlaybackRequests {
  let rejected: RejectedSetting[] = []
  let answered = Number.NEGATIVE_INFINITY

  function ignore(offset: number, why: string): void {
    logger.warn({ offset, why }, 'a playback request is ignored')
    rejected = [...rejected, { key: TOPICS.playback, why, offset }].slice(-MOST_REJECTED)
  }

  async function answer(record: FollowedRecord): Promise<void> {
    const { offset, timestampMs } = record
    if (timestampMs <= Math.max(answered, saidAt() ?? Number.NEGATIVE_INFINITY)) return
    const wanted = readRequest(record.value)
    if (wanted === undefined) return ignore(offset, 'the value is not JSON of the form {"playback_speed": 1}')
    const speed = parseSetting(KEY, wanted)
    if (!speed.ok) return ignore(offset, speed.problem)
    const value = settingRecordValue({ value: speed.value, by: TOPICS.playback, at: timestampMs })
    await writeSettings(client, [{ key: KEY, value }])
    answered = timestampMs
    logger.info({ offset, speed: speed.value }, 'playback speed asked for')
  }

  const follower = followTopic(
    client,
    { topic: TOPICS.playback, from: 'last' },
    {
      async onRecords(records) {
        for (const record of records) await answer(record)
      },
      onReset: () => undefined,
      onProblem(problem) {
        if (problem) logger.warn({ reason: problem }, 'playback requests are not being followed')
      },
    },
  )
  return {
    get rejected() {
      return rejected
    },
    close: () => follower.close(),
  }
}

/** The speed that a request asks for, unchecked; undefined when it is no request. */
function readRequest(text: string | null): unknown {
  try {
    const request: unknown = JSON.parse(text ?? '')
    return typeof request === 'object' && request !== null && 'playback_speed' in request
      ? request.playback_speed
      : undefined
  } catch {
    return undefined
  }
}
