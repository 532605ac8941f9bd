/** Where the map stands: an unrotated, untilted view of the Web Mercator world, which is 1 wide and 1 high, north up. */
export interface Camera {
  centreX: number
  centreY: number
  zoom: number
  /** CSS pixels. */
  width: number
  height: number
}

/** The world is 512 CSS pixels wide at zoom 0, as MapLibre has it. */
const WORLD_PX = 512
/** Where the square world ends. */
const MAX_LATITUDE = 85.051129

/** From 0 at the antimeridian in the west to 1 in the east. */
export function mercatorX(longitude: number): number {
  return (longitude + 180) / 360
}

/** From 0 in the north to 1 in the south; what is nearer to a pole than the world's edge is put on the edge. */
export function mercatorY(latitude: number): number {
  const bounded = Math.max(-MAX_LATITUDE, Math.min(MAX_LATITUDE, latitude))
  const sine = Math.sin((bounded * Math.PI) / 180)
  const y = 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)
  return Math.max(0, Math.min(1, y))
}

export function longitudeOf(x: number): number {
  return x * 360 - 180
}

export function latitudeOf(y: number): number {
  return (360 / Math.PI) * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90
}

/** CSS pixels that the whole world is wide at a zoom. */
export function worldPixels(zoom: number): number {
  return WORLD_PX * 2 ** zoom
}

/** Place in the window, CSS pixels from its top left corner. */
export function toScreen(camera: Camera, { x, y }: { x: number; y: number }): { x: number; y: number } {
  const scale = worldPixels(camera.zoom)
  return {
    x: camera.width / 2 + (x - camera.centreX) * scale,
    y: camera.height / 2 + (y - camera.centreY) * scale,
  }
}
