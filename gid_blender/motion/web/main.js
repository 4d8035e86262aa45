// Puts the parts together, keeps the time, and offers `window.gid` to scripts.

const LONGEST_STEP = 0.1;

class Page {
  constructor(facts, volume, sheet, motion) {
    Object.assign(this, { facts, volume, sheet, motion, still: matchMedia('(prefers-reduced-motion: reduce)') });
    this.begin();
    this.view = sheet.canvas;
    this.stage = this.view.parentElement;
    this.hands = new Hands(this.view, document.getElementById('arrows'), motion, () => this.changed());
    this.controls = new Controls(this);
    addEventListener('resize', () => this.fit());
    this.view.addEventListener('webglcontextlost', (event) => event.preventDefault());
    this.view.addEventListener('webglcontextrestored', () => {
      sheet.build();
      this.changed();
    });
    this.fit();
  }

  // As in the beginning. Who asked the system for less motion sees what moves only where it is touched.
  begin() {
    const { motion, facts } = this;
    Object.assign(this, { paused: false, speed: facts.speed });
    Object.assign(motion, { amplitude: facts.amplitude, loop: facts.loop && !this.still.matches, time: facts.phase * facts.period });
    motion.level = motion.loop ? 1 : 0;
    motion.still();
    motion.touches.clear();
  }

  reset() {
    this.begin();
    this.controls.show();
    this.hands.update();
  }

  // As large as the window allows, in the picture's aspect.
  fit() {
    const { aspect } = this.volume, width = Math.max(1, Math.min(innerWidth, innerHeight / aspect));
    this.stage.style.width = `${width}px`;
    this.stage.style.height = `${width * aspect}px`;
    const sharp = Math.min(devicePixelRatio || 1, 2);
    this.view.width = Math.round(width * sharp);
    this.view.height = Math.round(width * aspect * sharp);
    this.draw();
    this.changed();
  }

  draw() {
    const q = this.motion.coefficients();
    this.sheet.draw(q);
    this.hands.draw(q);
  }

  // Something is different: draw at the next opportunity, and go on for as long as anything moves by itself.
  changed() {
    this.waiting ??= requestAnimationFrame((now) => this.frame(now));
  }

  frame(now) {
    this.waiting = undefined;
    const since = (now - (this.last ?? now)) / 1000, going = !this.paused && this.motion.moves;
    if (going) this.motion.advance(Math.min(Math.max(since, 0), LONGEST_STEP) * this.speed);
    this.draw();
    this.last = going ? now : undefined;
    if (going) this.changed();
  }

  // For who has no pointer: a pull at what moves most, and let go.
  nudge() {
    const live = this.volume.liveliness(), at = live.indexOf(live.reduce((a, b) => Math.max(a, b))), { rows, columns, aspect } = this.volume;
    const grip = this.motion.gripAt((at % columns) / (columns - 1), (Math.floor(at / columns) / (rows - 1)) * aspect);
    hold(grip, [0.03, 0]).forEach((value, i) => (this.motion.q[i] += value));
    this.changed();
  }
}

// What scripts may use; docs/web-page.md describes it. Lengths are picture widths, from the top left, y down.
function scripting(page) {
  const { motion, controls } = page;
  return Object.freeze({
    pause: () => controls.set(() => (page.paused = true)),
    play: () => controls.set(() => (page.paused = false)),
    reset: () => page.reset(),
    advance(seconds) {
      if (!(seconds >= 0 && seconds < Infinity)) throw new RangeError('advance(seconds) goes forward by a finite time');
      motion.advance(seconds);
      page.draw();
    },
    press(x, y, id = 'script') {
      motion.press(id, x, y);
      page.draw();
    },
    drag(x, y, id = 'script') {
      motion.drag(id, x, y);
      page.draw();
    },
    release(speed = [0, 0], id = 'script') {
      motion.release(id, speed);
      page.changed();
    },
    displacement: (x, y) => displacement(page.volume.at(x, y), motion.coefficients()),
    samples: (x, y) => [...page.volume.at(x, y)],
    coefficients: () => [...motion.coefficients()],
    get touches() { return [...motion.touches.values()].map(({ place, hand }) => ({ place, hand })); },
    get time() { return motion.time; },
    get paused() { return page.paused; },
    get ringing() { return motion.rings; },
    get loop() { return motion.loop; },
    set loop(on) { controls.set(() => (motion.loop = Boolean(on))); },
    get amplitude() { return motion.amplitude; },
    set amplitude(value) { controls.set(() => (motion.amplitude = Number(value))); },
    get speed() { return page.speed; },
    set speed(value) { controls.set(() => (page.speed = Number(value))); },
  });
}

async function start() {
  const find = (id) => document.getElementById(id), picture = find('picture'), view = find('view');
  try {
    if (!document.createElement('canvas').getContext('webgl2')) {
      throw new Error('WebGL 2 is missing or switched off; it needs a browser of 2021 or later, with graphics acceleration allowed');
    }
    if (!('DecompressionStream' in window)) throw new Error('this browser is too old; it needs Chrome 80, Firefox 113, Safari 16.4 or later');
    const facts = JSON.parse(find('facts').textContent);
    const [texels] = await Promise.all([unpackVolume(find('volume').textContent, facts), picture.decode()]);
    const volume = new Volume(texels, facts);
    const sheet = new Sheet(view, picture, volume);
    view.hidden = false;
    picture.hidden = true;
    window.gid = scripting(new Page(facts, volume, sheet, new Motion(volume, facts)));
    document.documentElement.dataset.gid = 'ready';
  } catch (error) {
    view.hidden = true;
    picture.hidden = false;
    find('message').textContent = `This is the still picture. It cannot move here: ${error.message}.`;
    find('message').hidden = false;
    document.documentElement.dataset.gid = 'still';
  }
}

start();
