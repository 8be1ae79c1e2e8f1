/**
 * The shaders. There is one fragment program for each combination of features, with no branch on
 * what cannot change within a frame: an emulated GPU runs both sides of each (measured: 418 ms a
 * frame for one program that can do all, 58 ms for the one that only shows an eye).
 */

import { DOT_COLOUR, DOT_RADIUS } from "./renderer.ts";

export interface Features {
  /** Both eyes as an anaglyph; otherwise one eye. */
  readonly mixed: boolean;
  /** The frame is three planes; otherwise RGB. */
  readonly planar: boolean;
  /** Ink or the laser dot lie over it. */
  readonly overlaid: boolean;
}

/** A quad that fills the viewport; `at` runs from the picture's top left to its bottom right. */
export const VERTEX_SHADER = `#version 300 es
in vec2 corner;
out vec2 at;
void main() {
  at = vec2(corner.x, 1.0 - corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

/**
 * `videoArea[eye]` and `inkArea[eye]` say where an eye's view lies in its texture, `videoEdge`,
 * `chromaEdge` and `inkEdge` between which places it is read, so that filtering never mixes views
 * (`spans.ts`).
 */
export function fragmentShader({ mixed, planar, overlaid }: Features): string {
  return `#version 300 es
precision highp float;
in vec2 at;
out vec4 colour;
uniform sampler2D video;
uniform vec4 videoArea[2];
uniform vec4 videoEdge[2];

vec2 within(vec4 area, vec4 edge) {
  return clamp(at * area.zw + area.xy, edge.xy, edge.zw);
}
${planar ? PLANAR_FRAME : RGB_FRAME}
${overlaid ? OVERLAY : "vec3 picture(int which) { return frame(which); }"}
${mixed ? MIXED_MAIN : SINGLE_MAIN}`;
}

const RGB_FRAME = `
vec3 frame(int which) {
  return texture(video, within(videoArea[which], videoEdge[which])).rgb;
}`;

const PLANAR_FRAME = `
uniform sampler2D chromaU;
uniform sampler2D chromaV;
uniform vec4 chromaEdge[2];
uniform mat3 toRgb;
uniform vec3 yuvOffset;

vec3 frame(int which) {
  vec2 place = within(videoArea[which], videoEdge[which]);
  vec2 coarse = clamp(place, chromaEdge[which].xy, chromaEdge[which].zw);
  float y = texture(video, place).r;
  vec3 yuv = vec3(y, texture(chromaU, coarse).r, texture(chromaV, coarse).r);
  return clamp(toRgb * (yuv - yuvOffset), 0.0, 1.0);
}`;

const OVERLAY = `
uniform sampler2D ink;
uniform vec4 inkArea[2];
uniform vec4 inkEdge[2];
uniform vec4 spot;     // the laser dot: x, y in the left view, disparity, alpha
uniform float aspect;

vec3 picture(int which) {
  vec4 drawn = texture(ink, within(inkArea[which], inkEdge[which]));
  vec3 seen = frame(which) * (1.0 - drawn.a) + drawn.rgb;
  float x = spot.x - (which == 1 ? spot.z : 0.0);
  float away = length(vec2(at.x - x, (at.y - spot.y) / aspect)) / ${DOT_RADIUS.toFixed(4)};
  seen = mix(seen, vec3(${DOT_COLOUR.join(", ")}), spot.w * (1.0 - smoothstep(0.35, 1.0, away)));
  return mix(seen, vec3(1.0), spot.w * (1.0 - smoothstep(0.15, 0.3, away)));
}`;

const SINGLE_MAIN = `
uniform int eye;       // 0 left, 1 right

void main() {
  colour = vec4(picture(eye), 1.0);
}`;

/** Dubois on linear light; see `dubois.ts`. */
const MIXED_MAIN = `
uniform int eye;       // which picture is for the left eye
uniform mat3 leftMatrix;
uniform mat3 rightMatrix;

vec3 linear(vec3 c) {
  return mix(pow((c + 0.055) / 1.055, vec3(2.4)), c / 12.92, lessThanEqual(c, vec3(0.04045)));
}

vec3 coded(vec3 c) {
  return mix(1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, c * 12.92, lessThanEqual(c, vec3(0.0031308)));
}

void main() {
  vec3 mixed = leftMatrix * linear(picture(eye)) + rightMatrix * linear(picture(1 - eye));
  colour = vec4(coded(clamp(mixed, 0.0, 1.0)), 1.0);
}`;
