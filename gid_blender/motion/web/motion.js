// What moves: the loop, what hands hold, and what rings since they let go. All of it adds up. Times are seconds.

// The loop swells and fades this long when it is switched, and nobody sees what rings with less than that, in widths.
const FADE = 0.6, UNSEEN = 1e-5;

class Motion {
  constructor(volume, facts) {
    const { period, phase } = facts;
    Object.assign(this, { volume, facts, period, time: phase * period, amplitude: 1, loop: true, level: 1 });
    this.oscillators = new Oscillators(facts, volume.bands);
    this.q = new Float64Array(2 * volume.bands);
    this.v = new Float64Array(2 * volume.bands);
    this.peak = volume.texels.reduce((a, b) => Math.max(a, Math.abs(b)), 0) * Math.SQRT2;
    this.touches = new Map();
  }

  // Exact for any step. What has died away is 0 from then on, so the motion is back in the very loop.
  advance(seconds) {
    this.time += seconds;
    const step = seconds / FADE;
    this.level = this.loop ? Math.min(1, this.level + step) : Math.max(0, this.level - step);
    if (!this.rings) return;
    this.oscillators.free(this.q, this.v, seconds);
    let swing = 0;
    for (let k = 1; k < this.volume.bands; k++) {
      const [i, j] = [2 * k, 2 * k + 1];
      swing += Math.hypot(this.q[i], this.q[j], this.v[i] / this.oscillators.omega[k], this.v[j] / this.oscillators.omega[k]);
    }
    if (swing * this.peak < UNSEEN) this.still();
  }

  still() {
    this.q.fill(0);
    this.v.fill(0);
  }

  get rings() {
    return this.q.some(Boolean) || this.v.some(Boolean);
  }

  // Whether the next moment looks different from this one.
  get moves() {
    return this.rings || (this.amplitude > 0 && this.level > 0) || (this.loop && this.level < 1);
  }

  // q_k of now as [re, im, …], band 0 included.
  coefficients() {
    const q = this.q.slice(), turn = 2 * Math.PI * ((this.time % this.period) / this.period);
    const ambient = this.amplitude * this.level * this.level * (3 - 2 * this.level);
    for (let k = this.facts.offset ? 0 : 1; ambient && k < this.volume.bands; k++) {
      q[2 * k] += ambient * Math.cos(k * turn);
      q[2 * k + 1] += ambient * Math.sin(k * turn);
    }
    for (const touch of this.touches.values()) touch.held.forEach((value, i) => (q[i] += value));
    return q;
  }

  // Where the place at (x, y) of the picture as it looks now lies in the picture at rest.
  restOf(x, y) {
    const q = this.coefficients(), inside = ([px, py]) => [clamp(px, 0, 1), clamp(py, 0, this.volume.aspect)];
    let place = inside([x, y]);
    // As far as the sheet is not folded, each round comes closer.
    for (let round = 0; round < 12; round++) {
      const [ux, uy] = displacement(this.volume.at(...place), q);
      place = inside([x - ux, y - uy]);
    }
    return place;
  }

  // What a hand takes hold of there: as wide as a hand is, for a point would take hold of the noise in a motion.
  gripAt(x, y) {
    return gripOf(this.volume.at(x, y, this.facts.hand), this.facts);
  }

  press(id, x, y) {
    const place = this.restOf(x, y), samples = this.volume.at(...place);
    const touch = { place, samples, grip: this.gripAt(...place), from: [x, y], path: [] };
    this.touches.set(id, touch);
    this.drag(id, x, y);
  }

  // The hand is at (x, y) now.
  drag(id, x, y) {
    const touch = this.touches.get(id);
    touch.hand = [x, y];
    touch.pull = resisted([x - touch.from[0], y - touch.from[1]]);
    touch.held = hold(touch.grip, touch.pull);
    touch.path.push([this.time, touch.pull]);
  }

  // Lets go; what was held rings on, with the speed (widths a second) that the place had.
  release(id, speed = [0, 0]) {
    const touch = this.touches.get(id);
    this.touches.delete(id);
    const v = hold(touch.grip, speed);
    touch.held.forEach((value, i) => {
      this.q[i] += value;
      this.v[i] += v[i];
    });
  }

  // Where the place that a hand holds is now.
  placeOf(touch, q) {
    const [ux, uy] = displacement(touch.samples, q);
    return [touch.place[0] + ux, touch.place[1] + uy];
  }
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
