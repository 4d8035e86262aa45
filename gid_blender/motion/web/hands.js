// Hands on the picture: mouse, fingers and pens, any number at once, each with its arrow.

// The speed of a hand is measured over so many seconds: a mouse reports whole pixels, many times a second.
const FLICK = 0.06;

class Hands {
  constructor(view, arrows, motion, changed) {
    Object.assign(this, { view, arrows, motion, changed });
    const here = (event) => {
      const box = view.getBoundingClientRect();
      return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.width];
    };
    const on = (name, handler) => view.addEventListener(name, handler);
    on('pointerdown', (event) => {
      if (event.button !== 0 || motion.touches.has(event.pointerId)) return;
      view.setPointerCapture(event.pointerId);
      motion.press(event.pointerId, ...here(event));
      this.update();
    });
    on('pointermove', (event) => {
      if (!motion.touches.has(event.pointerId)) return;
      motion.drag(event.pointerId, ...here(event));
      changed();
    });
    for (const name of ['pointerup', 'pointercancel', 'lostpointercapture']) on(name, (event) => this.letGo(event.pointerId));
    // A press of the right button while the left one is held lets go, too, and opens no menu.
    on('contextmenu', (event) => {
      if (!motion.touches.size) return;
      event.preventDefault();
      this.letGoOfAll();
    });
  }

  letGo(id) {
    const touch = this.motion.touches.get(id);
    if (!touch) return;
    this.motion.release(id, thrown(touch, this.motion));
    this.update();
  }

  letGoOfAll() {
    for (const id of [...this.motion.touches.keys()]) this.letGo(id);
  }

  update() {
    this.view.parentElement.classList.toggle('held', this.motion.touches.size > 0);
    this.changed();
  }

  // From each place that is held to the hand that holds it.
  draw(q) {
    const wide = this.view.clientWidth, lines = [];
    for (const touch of this.motion.touches.values()) {
      const [x, y] = this.motion.placeOf(touch, q).map((value) => value * wide);
      const [dx, dy] = [touch.hand[0] * wide - x, touch.hand[1] * wide - y], length = Math.hypot(dx, dy);
      const d = [`M${x - 5} ${y}a5 5 0 1 0 10 0a5 5 0 1 0-10 0`];
      if (length > 14) {
        const [ux, uy] = [dx / length, dy / length], [tx, ty] = [x + dx, y + dy], head = Math.min(11, length / 2);
        const side = (turn) => `${tx - head * ux + turn * head * 0.6 * uy} ${ty - head * uy - turn * head * 0.6 * ux}`;
        d.push(`M${x + 5 * ux} ${y + 5 * uy}L${tx} ${ty}M${side(1)}L${tx} ${ty}L${side(-1)}`);
      }
      lines.push(d.join(''));
    }
    while (this.arrows.childElementCount < 2 * lines.length) {
      const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
      if (this.arrows.childElementCount % 2 === 0) path.classList.add('under');
      this.arrows.append(path);
    }
    [...this.arrows.children].forEach((path, i) => path.setAttribute('d', lines[i >> 1] ?? ''));
  }
}

// gid_blender/motion/hand.py does the same. How fast the place went when it was let go, in widths a second. However quick the hand was, a throw has no more
// energy than the pull, for a picture that flies apart is no fun.
function thrown({ path, pull, grip, held }, { time, oscillators }) {
  // While time stands still, nothing has a speed.
  if (time === path[0][0]) return [0, 0];
  const [start, before] = path.findLast(([when]) => when <= time - FLICK) ?? path[0];
  const lasted = Math.max(time - start, FLICK), speed = [(pull[0] - before[0]) / lasted, (pull[1] - before[1]) / lasted];
  let kinetic = 0, elastic = 0;
  hold(grip, speed).forEach((value) => (kinetic += value * value));
  held.forEach((value, i) => (elastic += (oscillators.omega[i >> 1] * value) ** 2));
  const share = kinetic > elastic ? Math.sqrt(elastic / kinetic) : 1;
  return speed.map((value) => value * share);
}
