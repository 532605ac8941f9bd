import { drawOf } from './draw.ts'

/** A sensor that stays where it is. Coordinates as the text that it sends. */
export interface Station {
  latitude: string
  longitude: string
  baseCpm: number
  deviceId: string
}

/** A sensor in a car. */
export interface Drive {
  name: string
  latitude: number
  longitude: number
  /** Degrees that it goes away from the place. */
  spread: number
  phase: number
  baseCpm: number
  loaderId: string
}

export interface Sensors {
  stations: readonly Station[]
  drives: readonly Drive[]
}

interface Place {
  name: string
  latitude: number
  longitude: number
  spread: number
  baseCpm: number
  /** Sensors there. */
  stations: number
  drives: number
}

/** Where volunteers measure, by the shares of the dump; the two places beside the reactors give critical readings. */
const places: readonly Place[] = [
  {
    name: '福島市',
    latitude: 37.7608,
    longitude: 140.4748,
    spread: 0.15,
    baseCpm: 60,
    stations: 40,
    drives: 4,
  },
  {
    name: '郡山市',
    latitude: 37.4005,
    longitude: 140.3597,
    spread: 0.15,
    baseCpm: 52,
    stations: 30,
    drives: 3,
  },
  {
    name: '飯舘村',
    latitude: 37.6793,
    longitude: 140.7353,
    spread: 0.06,
    baseCpm: 180,
    stations: 12,
    drives: 2,
  },
  {
    name: '浪江町',
    latitude: 37.4946,
    longitude: 140.9909,
    spread: 0.05,
    baseCpm: 420,
    stations: 6,
    drives: 1,
  },
  {
    name: '双葉町, 入口 "A"',
    latitude: 37.4493,
    longitude: 141.0128,
    spread: 0.02,
    baseCpm: 1150,
    stations: 2,
    drives: 0,
  },
  {
    name: '大熊町',
    latitude: 37.4045,
    longitude: 140.9833,
    spread: 0.02,
    baseCpm: 2600,
    stations: 1,
    drives: 0,
  },
  {
    name: '東京都',
    latitude: 35.6895,
    longitude: 139.6917,
    spread: 0.25,
    baseCpm: 36,
    stations: 60,
    drives: 5,
  },
  {
    name: '仙台市',
    latitude: 38.2682,
    longitude: 140.8694,
    spread: 0.15,
    baseCpm: 34,
    stations: 20,
    drives: 1,
  },
  {
    name: '大阪市',
    latitude: 34.6937,
    longitude: 135.5023,
    spread: 0.2,
    baseCpm: 45,
    stations: 20,
    drives: 1,
  },
  {
    name: '札幌市',
    latitude: 43.0618,
    longitude: 141.3545,
    spread: 0.2,
    baseCpm: 30,
    stations: 10,
    drives: 1,
  },
  { name: '서울', latitude: 37.5665, longitude: 126.978, spread: 0.15, baseCpm: 58, stations: 15, drives: 1 },
  { name: 'Berlin', latitude: 52.52, longitude: 13.405, spread: 0.2, baseCpm: 32, stations: 25, drives: 1 },
  {
    name: 'Maribor',
    latitude: 46.5547,
    longitude: 15.6459,
    spread: 0.1,
    baseCpm: 33,
    stations: 10,
    drives: 1,
  },
  {
    name: 'Zürich',
    latitude: 47.3769,
    longitude: 8.5417,
    spread: 0.15,
    baseCpm: 42,
    stations: 15,
    drives: 1,
  },
  {
    name: 'Clermont-Ferrand',
    latitude: 45.7772,
    longitude: 3.087,
    spread: 0.2,
    baseCpm: 62,
    stations: 12,
    drives: 1,
  },
  {
    name: 'Cornwall',
    latitude: 50.266,
    longitude: -5.0527,
    spread: 0.2,
    baseCpm: 68,
    stations: 10,
    drives: 1,
  },
  {
    name: 'London',
    latitude: 51.5074,
    longitude: -0.1278,
    spread: 0.2,
    baseCpm: 30,
    stations: 20,
    drives: 1,
  },
  { name: 'Київ', latitude: 50.4501, longitude: 30.5234, spread: 0.2, baseCpm: 38, stations: 10, drives: 1 },
  {
    name: 'Прип’ять',
    latitude: 51.4045,
    longitude: 30.0542,
    spread: 0.05,
    baseCpm: 310,
    stations: 3,
    drives: 1,
  },
  {
    name: 'Los Angeles',
    latitude: 34.0522,
    longitude: -118.2437,
    spread: 0.3,
    baseCpm: 35,
    stations: 30,
    drives: 2,
  },
  {
    name: 'San Francisco',
    latitude: 37.7749,
    longitude: -122.4194,
    spread: 0.2,
    baseCpm: 32,
    stations: 20,
    drives: 1,
  },
  {
    name: 'Denver',
    latitude: 39.7392,
    longitude: -104.9903,
    spread: 0.25,
    baseCpm: 66,
    stations: 15,
    drives: 1,
  },
  {
    name: 'Boston',
    latitude: 42.3601,
    longitude: -71.0589,
    spread: 0.2,
    baseCpm: 40,
    stations: 20,
    drives: 1,
  },
  {
    name: 'Washington',
    latitude: 38.9072,
    longitude: -77.0369,
    spread: 0.2,
    baseCpm: 38,
    stations: 15,
    drives: 1,
  },
  {
    name: 'Guarapari',
    latitude: -20.6667,
    longitude: -40.4975,
    spread: 0.03,
    baseCpm: 240,
    stations: 3,
    drives: 0,
  },
  {
    name: 'Sydney',
    latitude: -33.8688,
    longitude: 151.2093,
    spread: 0.2,
    baseCpm: 36,
    stations: 10,
    drives: 1,
  },
  {
    name: 'Cape Town',
    latitude: -33.9249,
    longitude: 18.4241,
    spread: 0.2,
    baseCpm: 44,
    stations: 6,
    drives: 0,
  },
]

/** The sensors of a seed: the same places for all, other spots and device numbers. */
export function createSensors(seed: number): Sensors {
  const draw = drawOf(seed, 0)
  const around = (centre: number, spread: number) => centre + (draw() + draw() - 1) * spread
  const stations = places.flatMap((place) =>
    Array.from({ length: place.stations }, () => ({
      latitude: around(place.latitude, place.spread).toFixed(4),
      longitude: around(place.longitude, place.spread).toFixed(4),
      baseCpm: place.baseCpm * (0.85 + 0.3 * draw()),
      deviceId: String(65_000 + Math.floor(draw() * 4_000_000_000)),
    })),
  )
  const drives = places.flatMap(({ name, latitude, longitude, spread, baseCpm, drives: count }) =>
    Array.from({ length: count }, () => ({
      name,
      latitude,
      longitude,
      spread,
      phase: draw() * 2 * Math.PI,
      baseCpm,
      loaderId: String(10_000 + Math.floor(draw() * 40_000)),
    })),
  )
  return { stations, drives }
}
