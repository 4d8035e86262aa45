// The picture as a sheet of triangles that WebGL moves. One pass adds up Re Σ S_k·q_k, once for each vertex, and keeps it
// in a buffer (transform feedback); the next draws the triangles. Without the first, a vertex that six triangles share
// would be added up up to six times.
//
// Around the picture's border there is a rim, a mirror image whose outer edge never moves: where the border sways
// inwards, the rim is drawn in after it and no gap opens. What moves more is drawn in front.

const RIM = 0.1;

const SUM = (bands) => `#version 300 es
precision highp float;
precision highp sampler2DArray;
uniform sampler2DArray modes;
uniform vec4 q[${(bands + 1) >> 1}];
out vec2 moved;
void main() {
  ivec2 size = textureSize(modes, 0).xy;
  ivec2 vertex = ivec2(gl_VertexID % (size.x + 2), gl_VertexID / (size.x + 2)) - 1;
  moved = vec2(0.0);
  if (vertex == clamp(vertex, ivec2(0), size - 1)) {
    for (int k = 0; k < ${bands}; k++) {
      vec4 s = texelFetch(modes, ivec3(vertex, k), 0);
      vec2 c = (k & 1) == 0 ? q[k >> 1].xy : q[k >> 1].zw;
      moved += s.xz * c.x - s.yw * c.y;
    }
  }
}`;

const NOTHING = `#version 300 es
precision mediump float;
out vec4 colour;
void main() { colour = vec4(0.0); }`;

const PLACE = `#version 300 es
precision highp float;
layout(location = 0) in vec2 moved;
// Column, row and depth; those of the rim lie one cell beyond the picture.
layout(location = 1) in vec3 vertex;
uniform vec2 cells;
uniform float aspect;
out vec2 uv;
void main() {
  vec2 inside = clamp(vertex.xy, vec2(0.0), cells), square = vec2(1.0, 1.0 / aspect);
  uv = inside / cells + (vertex.xy - inside) * ${RIM} * square;
  vec2 place = uv + moved * square;
  gl_Position = vec4(2.0 * place.x - 1.0, 1.0 - 2.0 * place.y, vertex.z, 1.0);
}`;

const FRAGMENT = `#version 300 es
precision mediump float;
uniform sampler2D picture;
in vec2 uv;
out vec4 colour;
void main() {
  colour = texture(picture, uv);
  // What cannot be seen must not hide what lies behind it.
  if (colour.a < 0.01) discard;
}`;

class Sheet {
  // Throws where there is no WebGL 2.
  constructor(canvas, picture, volume) {
    Object.assign(this, { canvas, picture, volume });
    this.gl = canvas.getContext('webgl2', { antialias: true, depth: true, stencil: false });
    if (!this.gl) throw new Error('WebGL 2 is missing or switched off');
    this.q = new Float32Array(4 * ((volume.bands + 1) >> 1));
    this.build();
  }

  // Also after the browser took the graphics memory away.
  build() {
    const { gl, volume } = this, { rows, columns, bands } = volume;
    this.size = (rows + 2) * (columns + 2);
    this.buildSum(bands, rows, columns);
    this.placing = link(gl, PLACE, FRAGMENT);
    gl.useProgram(this.placing);
    gl.uniform1i(gl.getUniformLocation(this.placing, 'picture'), 0);
    gl.uniform2f(gl.getUniformLocation(this.placing, 'cells'), columns - 1, rows - 1);
    gl.uniform1f(gl.getUniformLocation(this.placing, 'aspect'), volume.aspect);
    // Where the sum is written, it may not be bound for reading, not even unused: so there are two vertex arrays.
    this.triangles = gl.createVertexArray();
    gl.bindVertexArray(this.triangles);
    this.attribute(0, 2, this.moved);
    this.attribute(1, 3, this.buffer(gl.ARRAY_BUFFER, verticesOf(volume)));
    const corners = trianglesOf(rows + 2, columns + 2);
    this.buffer(gl.ELEMENT_ARRAY_BUFFER, corners);
    this.count = corners.length;

    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, gl.createTexture());
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, true);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGBA, gl.RGBA, gl.UNSIGNED_BYTE, fitted(this.picture, gl.getParameter(gl.MAX_TEXTURE_SIZE)));
    gl.pixelStorei(gl.UNPACK_PREMULTIPLY_ALPHA_WEBGL, false);
    gl.generateMipmap(gl.TEXTURE_2D);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_MIN_FILTER, gl.LINEAR_MIPMAP_LINEAR);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_S, gl.MIRRORED_REPEAT);
    gl.texParameteri(gl.TEXTURE_2D, gl.TEXTURE_WRAP_T, gl.MIRRORED_REPEAT);

    gl.enable(gl.DEPTH_TEST);
    gl.depthFunc(gl.LEQUAL);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.clearColor(0, 0, 0, 0);
  }

  buildSum(bands, rows, columns) {
    const { gl } = this;
    this.summing = link(gl, SUM(bands), NOTHING, 'moved');
    gl.useProgram(this.summing);
    gl.uniform1i(gl.getUniformLocation(this.summing, 'modes'), 1);
    this.coefficients = gl.getUniformLocation(this.summing, 'q');
    // Half floats: eleven bits of a value are as fine as the steps it comes in.
    gl.activeTexture(gl.TEXTURE1);
    gl.bindTexture(gl.TEXTURE_2D_ARRAY, gl.createTexture());
    gl.texStorage3D(gl.TEXTURE_2D_ARRAY, 1, gl.RGBA16F, columns, rows, bands);
    gl.texSubImage3D(gl.TEXTURE_2D_ARRAY, 0, 0, 0, 0, columns, rows, bands, gl.RGBA, gl.FLOAT, this.volume.texels);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(gl.TEXTURE_2D_ARRAY, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    this.moved = this.buffer(gl.ARRAY_BUFFER, new Float32Array(2 * this.size), gl.DYNAMIC_COPY);
    gl.bindBuffer(gl.ARRAY_BUFFER, null);
    this.feedback = gl.createTransformFeedback();
  }

  buffer(target, values, usage = this.gl.STATIC_DRAW) {
    const { gl } = this, buffer = gl.createBuffer();
    gl.bindBuffer(target, buffer);
    gl.bufferData(target, values, usage);
    return buffer;
  }

  attribute(location, size, buffer) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(location);
    gl.vertexAttribPointer(location, size, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, null);
  }

  // With coefficients [re, im, …].
  draw(coefficients) {
    const { gl, canvas } = this;
    this.q.set(coefficients);
    gl.useProgram(this.summing);
    gl.uniform4fv(this.coefficients, this.q);
    gl.bindVertexArray(null);
    gl.enable(gl.RASTERIZER_DISCARD);
    gl.bindTransformFeedback(gl.TRANSFORM_FEEDBACK, this.feedback);
    gl.bindBufferBase(gl.TRANSFORM_FEEDBACK_BUFFER, 0, this.moved);
    gl.beginTransformFeedback(gl.POINTS);
    gl.drawArrays(gl.POINTS, 0, this.size);
    gl.endTransformFeedback();
    gl.bindBufferBase(gl.TRANSFORM_FEEDBACK_BUFFER, 0, null);
    gl.bindTransformFeedback(gl.TRANSFORM_FEEDBACK, null);
    gl.disable(gl.RASTERIZER_DISCARD);

    gl.useProgram(this.placing);
    gl.bindVertexArray(this.triangles);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.drawElements(gl.TRIANGLES, this.count, gl.UNSIGNED_INT, 0);
  }
}

// Column, row and depth of each vertex, the rim's at the very back.
function verticesOf(volume) {
  const { rows, columns } = volume, live = volume.liveliness(), vertices = new Float32Array(3 * (rows + 2) * (columns + 2));
  for (let row = -1, i = 0; row <= rows; row++) {
    for (let column = -1; column <= columns; column++, i += 3) {
      const inside = row >= 0 && row < rows && column >= 0 && column < columns;
      vertices.set([column, row, inside ? 0.5 - live[row * columns + column] : 0.9], i);
    }
  }
  return vertices;
}

// Two triangles a cell.
function trianglesOf(rows, columns) {
  const corners = new Uint32Array(6 * (rows - 1) * (columns - 1));
  for (let row = 0, i = 0; row < rows - 1; row++) {
    for (let column = 0; column < columns - 1; column++, i += 6) {
      const a = row * columns + column, b = a + columns;
      corners.set([a, b, a + 1, a + 1, b, b + 1], i);
    }
  }
  return corners;
}

// The picture, made smaller where it is more than the graphics card takes.
function fitted(picture, side) {
  const { naturalWidth: width, naturalHeight: height } = picture, share = side / Math.max(width, height);
  if (share >= 1) return picture;
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.floor(width * share));
  canvas.height = Math.max(1, Math.floor(height * share));
  canvas.getContext('2d').drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas;
}

function link(gl, vertex, fragment, captured) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  if (captured) gl.transformFeedbackVaryings(program, [captured], gl.SEPARATE_ATTRIBS);
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) {
    const logs = gl.getAttachedShaders(program).map((shader) => gl.getShaderInfoLog(shader));
    throw new Error(`the graphics driver refused the shader (${[gl.getProgramInfoLog(program), ...logs].join(' ').trim()})`);
  }
  return program;
}
