import { LEVELS, type LivePoint } from '@radtune/core/contract'
import { formatInstantIso } from '@radtune/core/safecast'
import { SensorName } from './sensor-name.ts'

export const NO_FLAGS: readonly string[] = []

/** A point must fit into a frame many times over, so no text in it is longer. */
export const MAX_TEXT = 200

/** A reading as it comes in. One is filled again and again, so that a record leaves nothing to the garbage collector. */
export class IncomingReading {
  readonly sensor = new SensorName()
  latitude = Number.NaN
  longitude = Number.NaN
  value = Number.NaN
  usvh = Number.NaN
  /** Its place in `LEVELS`. */
  level = 0
  critical = false
  /** Microseconds since 1970. */
  capturedUs = Number.NaN
  flags: readonly string[] = NO_FLAGS
  /** `sent-at` to receipt; NaN when the record carries no time. */
  latencyMs = Number.NaN

  /**
   * Names the sensor: its device; else the drive that the reading belongs to, in steps of 3 decimals (about 100 m), so that a
   * drive leaves a track; else its place.
   */
  nameSensor(device: string | undefined, loader: string | undefined): void {
    if (device) this.sensor.begin('device:').text(device)
    else if (loader) {
      const place = `:${this.latitude.toFixed(3)},${this.longitude.toFixed(3)}`
      this.sensor.begin('drive:').text(loader).text(place)
    } else this.sensor.begin(`place:${this.latitude},${this.longitude}`)
  }

  /** As the page shows it; a copy. */
  toPoint(): LivePoint {
    const { latitude, longitude, value, usvh, critical, capturedUs, latencyMs } = this
    return {
      sensor: this.sensor.toString(),
      latitude,
      longitude,
      value,
      usvh,
      level: LEVELS[this.level] ?? 'low',
      critical,
      capturedTime: formatInstantIso(capturedUs),
      flags: [...this.flags],
      latencyMs: Number.isNaN(latencyMs) ? null : latencyMs,
    }
  }
}
