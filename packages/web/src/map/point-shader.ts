import { DOSE_CLASSES, RING_FROM_CLASS } from '../dose-class.ts'
import { STYLE } from './point-buffer.ts'

/** Seconds over which a drive's track, and what was not heard of again, fades, and what is left of it then. */
const FADE = { trackSeconds: 120, trackLeft: 0.3, fixedSeconds: 600, fixedLeft: 0.6 }

/** A track is drawn finer than the sensors beside it. */
const TRACK_SHRINK = 0.65

/** Radius in CSS pixels by level: low, moderate, high, critical. */
const RADIUS = [4, 5.5, 7, 9] as const

/** Room around a symbol for its outline, and for its ring; every pixel costs, where a processor draws. */
const MARGIN = { outline: 2, ring: 1.4 } as const
/** From the edge of a symbol to the middle of its ring. */
const RING_PX = 3.6

const colours = DOSE_CLASSES.map(({ colour }) => {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255)
  return `vec3(${channels.map((channel) => channel.toFixed(4)).join(', ')})`
})

const number = (value: number) => value.toFixed(3)

export const VERTEX_SHADER = `#version 300 es
uniform vec4 u_centre;
uniform vec2 u_clip_per_world;
uniform float u_pixel_ratio;
uniform float u_shrink;
uniform float u_crowd;
uniform float u_now;
in vec4 a_place;
in float a_heard;
in float a_style;
out vec3 v_colour;
out float v_radius;
out float v_extent;
out float v_opacity;
flat out float v_ring;
flat out float v_outline;
flat out float v_critical;

const vec3 COLOURS[${colours.length}] = vec3[](${colours.join(', ')});
const float RADII[4] = float[](${RADIUS.map(number).join(', ')});

void main() {
  int style = int(a_style);
  int dose = style & 7;
  bool critical = (style & ${STYLE.critical}) != 0;
  bool track = (style & ${STYLE.track}) != 0;
  int level = critical ? 3 : style / ${STYLE.level};
  vec2 from_centre = (a_place.xy - u_centre.xy) + (a_place.zw - u_centre.zw);
  gl_Position = vec4(from_centre * u_clip_per_world, 0.0, 1.0);
  v_radius = RADII[level] * (critical ? 1.0 : u_shrink * u_crowd) * (track ? ${number(TRACK_SHRINK)} : 1.0);
  float age = max(0.0, u_now - a_heard);
  v_opacity = track
    ? mix(1.0, ${number(FADE.trackLeft)}, min(1.0, age / ${number(FADE.trackSeconds)}))
    : mix(1.0, ${number(FADE.fixedLeft)}, min(1.0, age / ${number(FADE.fixedSeconds)}));
  if (critical) v_opacity = 1.0;
  v_colour = COLOURS[dose];
  v_ring = dose >= ${RING_FROM_CLASS} && !track ? 1.0 : 0.0;
  v_extent = v_radius + (critical ? ${number(RING_PX)} : v_ring > 0.5 ? ${number(MARGIN.ring)} + ${number(RING_PX)} * u_crowd : ${number(MARGIN.outline)});
  gl_PointSize = 2.0 * v_extent * u_pixel_ratio;
  v_outline = track ? 0.0 : 0.85;
  v_critical = critical ? 1.0 : 0.0;
}`

/** A disc, with a ring around it from 0.30 µSv/h up; a critical reading is a triangle. Distances are in CSS pixels. */
export const FRAGMENT_SHADER = `#version 300 es
precision highp float;
uniform vec3 u_outline;
uniform float u_crowd;
in vec3 v_colour;
in float v_radius;
in float v_extent;
in float v_opacity;
flat in float v_ring;
flat in float v_outline;
flat in float v_critical;
out vec4 colour;

float triangle(vec2 p, float r) {
  // The lowest of the distances to the three sides; y grows downwards.
  float side = max(dot(p, vec2(0.866, -0.5)), dot(p, vec2(-0.866, -0.5)));
  return max(side, p.y) - r * 0.58;
}

void main() {
  vec2 p = (gl_PointCoord * 2.0 - 1.0) * v_extent;
  float edge = v_critical > 0.5 ? triangle(p, v_radius + 1.0) : length(p) - v_radius;
  float inside = 1.0 - smoothstep(-0.6, 0.4, edge);
  float outline = 1.0 - smoothstep(0.8, 1.8, edge);
  float ring = v_ring * (1.0 - v_critical) * (1.0 - smoothstep(0.5, 1.2, abs(edge - ${number(RING_PX)} * u_crowd)));
  float alpha = max(max(inside, outline * v_outline), ring);
  if (alpha < 0.02) discard;
  vec3 rgb = mix(u_outline, v_colour, max(inside, ring));
  colour = vec4(rgb, 1.0) * alpha * v_opacity;
}`
