/** A dose rate estimate in µSv/h, 4 decimals, and what it rests on. */
export interface DoseRate {
  usvh: number
  basis: DoseRateBasis
}

/**
 * `measured`: the sensor reported µSv/h itself. `device-table`: the factor that Safecast uses for this device.
 * `lnd7317-default`: the factor of the tube that most sensors have, which is an assumption for this one.
 */
export type DoseRateBasis = 'measured' | 'device-table' | 'lnd7317-default'

/**
 * Estimates the dose rate of whole counts per minute. `deviceId` picks the factor of Safecast's device table; others use
 * `defaultFactor` (CPM per µSv/h). Source: Safecast dump_measurements_ios.sql; good to about ±15 % for ambient gamma.
 */
export function doseRateOf(cpm: number, deviceId: string | undefined, defaultFactor: number): DoseRate {
  const factor = deviceId !== undefined && deviceId.length <= 2 ? deviceFactors.get(deviceId) : undefined
  if (factor === undefined) return { usvh: fourDecimals(cpm / defaultFactor), basis: 'lnd7317-default' }
  return { usvh: fourDecimals(cpm / factor), basis: 'device-table' }
}

/** A dose rate that the sensor reported itself. `tenMicros` is µSv/h × 100,000. */
export function measuredDoseRate(tenMicros: number): DoseRate {
  return { usvh: Math.round(tenMicros / 10) / 10_000, basis: 'measured' }
}

const deviceFactors: ReadonlyMap<string, number> = new Map(
  (
    [
      [350, ['5', '15', '16', '17', '18', '22', '69', '89']],
      [100, ['6', '7', '11', '13', '23']],
      [132, ['4', '9', '10', '12', '19', '24']],
      [1750, ['21']],
    ] as const
  ).flatMap(([factor, ids]) => ids.map((id) => [id, factor] as const)),
)

function fourDecimals(value: number): number {
  return Math.round(value * 10_000) / 10_000
}
