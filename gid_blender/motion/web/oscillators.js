// Damped oscillators, solved exactly: gid_blender/motion/oscillators.py says how and why; the names are the same.

// exp(-z/2)·cos(d) and exp(-z/2)·sin(d)/d with d² = w² - z²/4, also where d is 0 or imaginary.
function decay(w, z) {
  const half = z / 2, square = w * w - half * half, d = Math.sqrt(Math.abs(square));
  if (square >= 0) {
    const shrink = Math.exp(-half);
    return [shrink * Math.cos(d), shrink * (d === 0 ? 1 : Math.sin(d) / d)];
  }
  const slow = Math.exp(-w * w / (half + d));
  return [slow * (1 + Math.exp(-2 * d)) / 2, slow * -Math.expm1(-2 * d) / (2 * d)];
}

// The oscillators of the harmonics 0..bands-1 of a loop; γ = alpha + beta·ω²; stiffness is a factor on ω², not on γ.
class Oscillators {
  constructor({ period, damping: [alpha, beta], stiffness }, bands) {
    const natural = Float64Array.from({ length: bands }, (_, k) => 2 * Math.PI * k / period);
    this.gamma = natural.map((omega) => alpha + beta * omega * omega);
    this.omega = natural.map((omega) => omega * Math.sqrt(stiffness));
  }

  // `h` seconds without a force; q and v are [re, im, re, im, …] and are overwritten.
  free(q, v, h) {
    for (let k = 1; k < this.omega.length; k++) {
      const omega = this.omega[k], gamma = this.gamma[k];
      const [cosine, response] = decay(omega * h, gamma * h);
      const qq = cosine + gamma * h / 2 * response, qv = h * response;
      const vq = -omega * omega * h * response, vv = cosine - gamma * h / 2 * response;
      for (let i = 2 * k; i < 2 * k + 2; i++) {
        const before = q[i];
        q[i] = qq * before + qv * v[i];
        v[i] = vq * before + vv * v[i];
      }
    }
  }
}
