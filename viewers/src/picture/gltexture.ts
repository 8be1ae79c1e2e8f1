/** Textures that are allocated when their size changes and only filled otherwise. */

/** One texture on one unit, linear, clamped. */
export class GlTexture {
  private readonly texture: WebGLTexture;
  private width = 0;
  private height = 0;
  private format = 0;

  constructor(
    private readonly gl: WebGL2RenderingContext,
    private readonly unit: number,
  ) {
    this.texture = gl.createTexture();
    this.bind();
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MAG_FILTER, gl.LINEAR);
  }

  /** Fill with a whole image (RGBA). */
  fill(source: TexImageSource): void {
    const { gl } = this;
    this.bind();
    // Sized by the source: for video the browser's quickest way, and it may stay on the GPU.
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, source);
    this.format = 0;
  }

  /** Fill a rectangle of a texture of `source`'s size with the same rectangle of `source`. */
  patch(
    source: HTMLCanvasElement,
    box: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
  ): void {
    const { gl } = this;
    this.bind();
    this.allocate(source.width, source.height, gl.RGBA8, gl.RGBA);
    gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, box.x);
    gl.pixelStorei(gl.UNPACK_SKIP_ROWS, box.y);
    const { x, y, width, height } = box;
    gl.texSubImage2D(gl.TEXTURE_2D, 0, x, y, width, height, gl.RGBA, gl.UNSIGNED_BYTE, source);
    gl.pixelStorei(gl.UNPACK_SKIP_PIXELS, 0);
    gl.pixelStorei(gl.UNPACK_SKIP_ROWS, 0);
  }

  /** Fill with one 8-bit plane of `bytes`. */
  plane(
    bytes: Uint8Array<ArrayBuffer>,
    at: { readonly offset: number; readonly stride: number; readonly width: number; readonly height: number },
  ): void {
    const { gl } = this;
    this.bind();
    this.allocate(at.width, at.height, gl.R8, gl.RED);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, at.stride);
    gl.texSubImage2D(
      gl.TEXTURE_2D, 0, 0, 0, at.width, at.height, gl.RED, gl.UNSIGNED_BYTE, bytes, at.offset,
    );
    gl.pixelStorei(gl.UNPACK_ROW_LENGTH, 0);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 4);
  }

  private bind(): void {
    this.gl.activeTexture(this.gl.TEXTURE0 + this.unit);
    this.gl.bindTexture(this.gl.TEXTURE_2D, this.texture);
  }

  private allocate(width: number, height: number, internal: number, format: number): void {
    if (width === this.width && height === this.height && internal === this.format) return;
    const { gl } = this;
    this.width = width;
    this.height = height;
    this.format = internal;
    gl.texImage2D(gl.TEXTURE_2D, 0, internal, width, height, 0, format, gl.UNSIGNED_BYTE, null);
  }
}
