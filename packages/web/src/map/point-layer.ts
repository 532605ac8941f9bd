import type { CustomLayerInterface } from 'maplibre-gl'
import { type Camera, worldPixels } from './mercator.ts'
import { countWithin, FLOATS_PER_POINT, type PointBuffer } from './point-buffer.ts'
import { FRAGMENT_SHADER, VERTEX_SHADER } from './point-shader.ts'

/** What a frame needs to know besides the points. */
export interface PointFrame {
  camera: Camera
  pixelRatio: number
  /** On the clock that the points were heard by, milliseconds. */
  nowMs: number
  /** Colour of outlines, each channel from 0 to 1. */
  outline: readonly [number, number, number]
  visible: boolean
}

export interface PointLayer extends CustomLayerInterface {
  /** Takes effect with the next frame; of several in one frame only the last is uploaded. */
  setPoints(buffer: PointBuffer): void
}

/** So many sensors in the window are drawn at full size. */
const ROOMY = 3000

interface Program {
  program: WebGLProgram
  array: WebGLVertexArrayObject
  buffer: WebGLBuffer
  uniforms: Record<UniformName, WebGLUniformLocation | null>
}

const UNIFORMS = [
  'u_centre',
  'u_clip_per_world',
  'u_pixel_ratio',
  'u_shrink',
  'u_crowd',
  'u_now',
  'u_outline',
] as const
type UniformName = (typeof UNIFORMS)[number]

/**
 * Draws every sensor with one call. A layer of its own kind, because a source of features would be cut into tiles anew with
 * each of the four frames a second.
 */
export function createPointLayer(frame: () => PointFrame): PointLayer {
  let points: PointBuffer | undefined
  let uploaded: PointBuffer | undefined
  let made: Program | undefined
  return {
    id: 'sensors',
    type: 'custom',
    renderingMode: '2d',
    setPoints(buffer) {
      points = buffer
    },
    onAdd(_map, gl) {
      made = makeProgram(gl as WebGL2RenderingContext)
      uploaded = undefined
    },
    onRemove(_map, gl) {
      if (made) gl.deleteProgram(made.program)
      made = undefined
    },
    render(gl) {
      const now = frame()
      if (!made || !points || !now.visible || points.points.length === 0) return
      gl.bindVertexArray(made.array)
      if (uploaded !== points) {
        gl.bindBuffer(gl.ARRAY_BUFFER, made.buffer)
        gl.bufferData(gl.ARRAY_BUFFER, points.data, gl.DYNAMIC_DRAW)
        uploaded = points
      }
      gl.useProgram(made.program)
      setUniforms(gl, { uniforms: made.uniforms, frame: now, points })
      gl.disable(gl.DEPTH_TEST)
      gl.disable(gl.STENCIL_TEST)
      gl.enable(gl.BLEND)
      gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
      gl.drawArrays(gl.POINTS, 0, points.points.length)
      gl.bindVertexArray(null)
    },
  }
}

function setUniforms(
  gl: WebGL2RenderingContext,
  { uniforms, frame, points }: { uniforms: Program['uniforms']; frame: PointFrame; points: PointBuffer },
): void {
  const { camera, pixelRatio, nowMs, outline } = frame
  const { centreX: x, centreY: y, zoom, width, height } = camera
  const scale = worldPixels(zoom)
  gl.uniform4f(uniforms.u_centre, x, y, x - Math.fround(x), y - Math.fround(y))
  gl.uniform2f(uniforms.u_clip_per_world, (2 * scale) / width, (-2 * scale) / height)
  gl.uniform1f(uniforms.u_pixel_ratio, pixelRatio)
  gl.uniform1f(uniforms.u_shrink, Math.max(0.75, Math.min(1.25, (zoom + 2) / 13)))
  gl.uniform1f(uniforms.u_crowd, crowding(countWithin(points, camera)))
  gl.uniform1f(uniforms.u_now, (nowMs - points.epochMs) / 1000)
  gl.uniform3f(uniforms.u_outline, ...outline)
}

/** Where there are too many to be told apart, they are drawn smaller: down to half the size. */
function crowding(visible: number): number {
  return Math.max(0.5, Math.min(1, Math.sqrt(ROOMY / visible)))
}

function makeProgram(gl: WebGL2RenderingContext): Program {
  const program = gl.createProgram()
  for (const [type, source] of [
    [gl.VERTEX_SHADER, VERTEX_SHADER],
    [gl.FRAGMENT_SHADER, FRAGMENT_SHADER],
  ] as const) {
    const shader = gl.createShader(type)
    if (!shader) continue
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(`the sensors cannot be drawn: ${gl.getProgramInfoLog(program)}`)

  const array = gl.createVertexArray()
  const buffer = gl.createBuffer()
  gl.bindVertexArray(array)
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer)
  let offset = 0
  for (const [name, size] of [
    ['a_place', 4],
    ['a_heard', 1],
    ['a_style', 1],
  ] as const) {
    const location = gl.getAttribLocation(program, name)
    gl.enableVertexAttribArray(location)
    gl.vertexAttribPointer(location, size, gl.FLOAT, false, FLOATS_PER_POINT * 4, offset * 4)
    offset += size
  }
  gl.bindVertexArray(null)
  const uniforms = Object.fromEntries(
    UNIFORMS.map((name) => [name, gl.getUniformLocation(program, name)]),
  ) as Program['uniforms']
  return { program, array, buffer, uniforms }
}
