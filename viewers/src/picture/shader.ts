/** The one WebGL 2 program: one eye or both, ink and laser dot first, then the display mode. */

import { DOT_COLOUR, DOT_RADIUS } from "./renderer.ts";

/** A quad that fills the viewport; `at` runs from the picture's top left to its bottom right. */
export const VERTEX_SHADER = `#version 300 es
in vec2 corner;
out vec2 at;
void main() {
  at = vec2(corner.x, 1.0 - corner.y);
  gl_Position = vec4(corner * 2.0 - 1.0, 0.0, 1.0);
}`;

/**
 * `videoSpan[eye]` and `inkSpan[eye]` say where an eye lies in its texture: offset and scale of x,
 * then the lowest and highest x that belong to it (half a texel inside, so that filtering never
 * mixes the eyes).
 */
export const FRAGMENT_SHADER = `#version 300 es
precision highp float;
in vec2 at;
out vec4 colour;
uniform sampler2D video;
uniform sampler2D ink;
uniform vec4 videoSpan[2];
uniform vec4 inkSpan[2];
uniform int eye;          // 0 left, 1 right, 2 both as an anaglyph
uniform bool inked;
uniform vec4 dot_;        // x, y in the left view, disparity, alpha
uniform float aspect;
uniform mat3 leftMatrix;
uniform mat3 rightMatrix;

vec2 within(vec4 span) {
  return vec2(clamp(at.x * span.y + span.x, span.z, span.w), at.y);
}

vec3 picture(int which) {
  vec3 seen = texture(video, within(videoSpan[which])).rgb;
  if (inked) {
    vec4 drawn = texture(ink, within(inkSpan[which]));
    seen = seen * (1.0 - drawn.a) + drawn.rgb;
  }
  if (dot_.w > 0.0) {
    float x = dot_.x - (which == 1 ? dot_.z : 0.0);
    float away = length(vec2(at.x - x, (at.y - dot_.y) / aspect)) / ${DOT_RADIUS.toFixed(4)};
    float glow = dot_.w * (1.0 - smoothstep(0.35, 1.0, away));
    float core = dot_.w * (1.0 - smoothstep(0.15, 0.3, away));
    seen = mix(seen, vec3(${DOT_COLOUR.join(", ")}), glow);
    seen = mix(seen, vec3(1.0), core);
  }
  return seen;
}

vec3 linear(vec3 c) {
  return mix(pow((c + 0.055) / 1.055, vec3(2.4)), c / 12.92, lessThanEqual(c, vec3(0.04045)));
}

vec3 coded(vec3 c) {
  return mix(1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, c * 12.92, lessThanEqual(c, vec3(0.0031308)));
}

void main() {
  if (eye < 2) {
    colour = vec4(picture(eye), 1.0);
  } else {
    vec3 mixed = leftMatrix * linear(picture(0)) + rightMatrix * linear(picture(1));
    colour = vec4(coded(clamp(mixed, 0.0, 1.0)), 1.0);
  }
}`;
