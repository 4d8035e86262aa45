// The spectral volume at the vertices of the sheet: gid_blender/motion/web_volume.py describes the bytes.

// Share of a weighted mean below which a vertex is too far away to count.
const NEGLIGIBLE = 1e-9;

// A Float32Array of bands × rows × columns × [Re x, Im x, Re y, Im y]: one texel a vertex and band.
async function unpackVolume(base64, { shape: [bands, rows, columns], step }) {
  const packed = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate'));
  const raw = new Uint8Array(await new Response(stream).arrayBuffer());
  const size = rows * columns, count = 4 * bands * size;
  if (raw.length !== 2 * count) throw new Error('the motion in this page is damaged');
  const texels = new Float32Array(count), codes = new Int16Array(size);
  for (let plane = 0; plane < 4 * bands; plane++) {
    for (let row = 0, i = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++, i++) {
        const zigzag = raw[plane * size + i] | raw[count + plane * size + i] << 8;
        const left = column ? codes[i - 1] : 0, above = row ? codes[i - columns] : 0;
        const corner = column && row ? codes[i - columns - 1] : 0;
        // The array wraps at 16 bits, as the writer does.
        codes[i] = (zigzag >>> 1 ^ -(zigzag & 1)) + left + above - corner;
        texels[((plane >> 2) * size + i) * 4 + (plane & 3)] = codes[i] * step;
      }
    }
  }
  return texels;
}

class Volume {
  constructor(texels, { shape: [bands, rows, columns], picture: [width, height] }) {
    Object.assign(this, { texels, bands, rows, columns, aspect: height / width });
  }

  // S_k around a point in picture widths from the top left corner: [Re x, Im x, Re y, Im y] a band. With a reach, averaged
  // by a Gaussian of that standard deviation; without, the motion exactly there. `ModalBasis.spot` does the same.
  at(x, y, reach = 0) {
    const { bands, rows, columns, texels, aspect } = this, samples = new Float64Array(4 * bands);
    const across = weighted(x, columns, reach), down = weighted(y / aspect, rows, reach / aspect);
    for (const [row, above] of down) {
      for (const [column, beside] of across) {
        const weight = above * beside;
        for (let k = 0; k < bands; k++) {
          const from = ((k * rows + row) * columns + column) * 4;
          for (let i = 0; i < 4; i++) samples[4 * k + i] += weight * texels[from + i];
        }
      }
    }
    return samples;
  }

  // How much each vertex moves over a period, between 0 and 1: what moves more is drawn in front.
  liveliness() {
    const size = this.rows * this.columns, power = new Float32Array(size);
    // Band 0 is no motion.
    for (let i = 4 * size; i < this.texels.length; i++) power[(i >> 2) % size] += this.texels[i] ** 2;
    const largest = power.reduce((a, b) => Math.max(a, b), 1e-20);
    return power.map((p) => Math.sqrt(p / largest));
  }
}

// [index, weight] of the vertices along one side that count for a place between 0 and 1; the weights add up to 1.
function weighted(place, count, reach) {
  const at = Math.min(Math.max(place, 0), 1) * (count - 1), wide = reach * (count - 1);
  // Narrower than the grid, a Gaussian would miss the vertices; what lies between two is linear anyhow.
  const weigh = wide < 0.5 ? (apart) => Math.max(0, 1 - Math.abs(apart)) : (apart) => Math.exp(-0.5 * (apart / wide) ** 2);
  const weights = Array.from({ length: count }, (_, i) => weigh(i - at)), sum = weights.reduce((a, b) => a + b);
  return weights.map((weight, i) => [i, weight / sum]).filter(([, weight]) => weight > NEGLIGIBLE);
}

// Re Σ S_k·q_k: where coefficients [re, im, …] put a place.
function displacement(samples, q) {
  let x = 0, y = 0;
  for (let k = 0; k < q.length / 2; k++) {
    x += samples[4 * k] * q[2 * k] - samples[4 * k + 1] * q[2 * k + 1];
    y += samples[4 * k + 2] * q[2 * k] - samples[4 * k + 3] * q[2 * k + 1];
  }
  return [x, y];
}
