// The bar at the bottom, and the keys.

const IDLE = 4000;

class Controls {
  // `page` has paused, speed, motion, changed(), reset() and hands.
  constructor(page) {
    this.page = page;
    const find = (id) => document.getElementById(id);
    Object.assign(this, { bar: find('controls'), play: find('play'), loop: find('loop'), hint: find('hint') });
    this.sliders = { amplitude: find('amplitude'), speed: find('speed') };
    this.sliders.amplitude.addEventListener('input', () => this.set(() => (page.motion.amplitude = this.sliders.amplitude.valueAsNumber)));
    this.sliders.speed.addEventListener('input', () => this.set(() => (page.speed = this.sliders.speed.valueAsNumber)));
    this.play.addEventListener('click', () => this.set(() => (page.paused = !page.paused)));
    this.loop.addEventListener('click', () => this.set(() => (page.motion.loop = !page.motion.loop)));
    find('reset').addEventListener('click', () => page.reset());
    addEventListener('keydown', (event) => this.key(event));
    for (const name of ['pointermove', 'pointerdown', 'keydown', 'focusin']) addEventListener(name, () => this.stir());
    this.bar.hidden = this.hint.hidden = false;
    // What is more than a slider goes is still shown as it is.
    this.sliders.amplitude.max = Math.max(3, page.motion.amplitude);
    this.sliders.speed.max = Math.max(2, page.speed);
    this.sliders.speed.min = Math.min(0.1, page.speed);
    this.show();
    this.stir();
  }

  set(change) {
    change();
    this.show();
    this.page.changed();
  }

  nudge(name, turn) {
    const slider = this.sliders[name];
    turn > 0 ? slider.stepUp(2) : slider.stepDown(2);
    slider.dispatchEvent(new Event('input'));
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const target = event.target, own = target instanceof HTMLInputElement;
    const keys = {
      ' ': () => target instanceof HTMLButtonElement || this.play.click(),
      l: () => this.loop.click(),
      r: () => this.page.reset(),
      p: () => this.page.nudge(),
      Escape: () => this.page.hands.letGoOfAll(),
      // A slider that has the focus moves by itself.
      ArrowUp: () => own || this.nudge('amplitude', 1),
      ArrowDown: () => own || this.nudge('amplitude', -1),
      ArrowRight: () => own || this.nudge('speed', 1),
      ArrowLeft: () => own || this.nudge('speed', -1),
    };
    const action = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (action && action() !== true) event.preventDefault();
  }

  // The bar steps back when nobody needs it.
  stir() {
    this.bar.classList.remove('idle');
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.bar.classList.add('idle'), IDLE);
    if (this.page.motion.touches.size) this.hint.classList.add('gone');
  }

  show() {
    const { page } = this;
    this.play.textContent = page.paused ? 'Play' : 'Pause';
    this.loop.setAttribute('aria-pressed', page.motion.loop);
    for (const [name, value] of [['amplitude', page.motion.amplitude], ['speed', page.speed]]) {
      const slider = this.sliders[name], text = `${value.toFixed(2)}×`;
      slider.value = value;
      slider.setAttribute('aria-valuetext', text);
      slider.nextElementSibling.value = text;
    }
  }
}
