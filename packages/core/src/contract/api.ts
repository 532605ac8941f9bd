import { z } from 'zod'
import { livePointSchema, settingWrittenSchema } from './live.ts'

/** What every route answers when it cannot do what was asked. */
export const apiErrorSchema = z.object({ error: z.string() })

/** What `GET /api/alerts` answers: the newest critical readings, newest first. */
export const alertsSchema = z.object({ alerts: z.array(livePointSchema) })

/** What `GET /api/sensors/:id/readings` answers: the last readings of one sensor, newest first. */
export const sensorReadingsSchema = z.object({
  sensor: z.string(),
  readings: z.array(
    livePointSchema.pick({
      latitude: true,
      longitude: true,
      value: true,
      usvh: true,
      level: true,
      critical: true,
      capturedTime: true,
    }),
  ),
})

/** Body of `PUT /api/settings/:key`: the value as a number or as people write it, e.g. `20ms`. */
export const settingWriteSchema = z.strictObject({ value: z.union([z.number(), z.string().max(100)]) })

/** Body of `POST /api/playback_speed`, as clients of the reference system send it, and its answer. */
export const playbackSpeedWriteSchema = z.strictObject({
  playback_speed: z.union([z.number(), z.string().max(100)]),
})
export const playbackSpeedWrittenSchema = settingWrittenSchema.extend({ playback_speed: z.number() })

/** Who may change settings over HTTP: everyone who reaches the server, who has the token, or nobody. */
export const WRITE_MODES = ['open', 'token', 'closed'] as const
export type WriteMode = (typeof WRITE_MODES)[number]

/** In the settings topic, the author of what was written over HTTP: the page, or another client. */
export const WRITTEN_BY_PAGE = 'page'
