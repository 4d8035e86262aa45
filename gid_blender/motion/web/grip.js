// How a place answers to a hand: gid_blender/motion/modal_basis.py and touch.py.

// The (K, 2) complex G of `Spot.grip`, for which q = G·h displaces the place by h: [Re Gx, Im Gx, Re Gy, Im Gy] a band,
// of which band 0 does not swing.
function gripOf(samples, { slip, ground }) {
  let xx = 0, xy = 0, yy = 0;
  for (let i = 4; i < samples.length; i += 4) {
    const [xr, xi, yr, yi] = samples.subarray(i, i + 4);
    xx += xr * xr + xi * xi;
    xy += xr * yr + xi * yi;
    yy += yr * yr + yi * yi;
  }
  const grip = new Float64Array(samples.length), mean = (xx + yy) / 2;
  if (!(mean > 0)) return grip;
  const yielding = mean / (mean + ground);
  xx += slip * mean;
  yy += slip * mean;
  const scale = yielding / (xx * yy - xy * xy), a = yy * scale, b = -xy * scale, d = xx * scale;
  for (let i = 4; i < samples.length; i += 4) {
    const [xr, xi, yr, yi] = samples.subarray(i, i + 4);
    grip.set([a * xr + b * yr, -a * xi - b * yi, b * xr + d * yr, -b * xi - d * yi], i);
  }
  return grip;
}

// The coefficients [re, im, …] that displace the place by (dx, dy).
function hold(grip, [dx, dy]) {
  return Float64Array.from({ length: grip.length / 2 }, (_, i) => {
    const at = (i >> 1) * 4 + (i & 1);
    return grip[at] * dx + grip[at + 2] * dy;
  });
}

// The farther, the harder: the displacement that a drag leads to, in picture widths.
function resisted([dx, dy], reach = 0.05) {
  const length = Math.hypot(dx, dy) / reach;
  if (length === 0) return [0, 0];
  const share = 2 * (Math.sqrt(1 + length) - 1) / length;
  return [dx * share, dy * share];
}
