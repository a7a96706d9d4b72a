const LATE_MS = 2000;

/** Lets a page hold a loop of its worker, and end it. The loop asks at each turn whether it may go on. */
export class Gate {
  private held: Promise<void> | undefined;
  private open: (() => void) | undefined;
  private stopped = false;
  private readonly turns = new MessageChannel();

  constructor() {
    this.turns.port1.start();
  }

  hold(): void {
    this.held ??= new Promise((resolve) => (this.open = resolve));
  }
  resume(): void {
    this.open?.();
    this.held = this.open = undefined;
  }
  stop(): void {
    this.stopped = true;
    this.resume();
  }

  /** Gives the page's messages their turn, and waits while the loop is held. @returns whether it is to go on */
  async pass(): Promise<boolean> {
    // a timer would wait for some milliseconds; it is there in case the message does not come
    await new Promise((resolve) => {
      const late = setTimeout(resolve, LATE_MS);
      const turn = (): void => {
        clearTimeout(late);
        resolve(undefined);
      };
      this.turns.port1.addEventListener("message", turn, { once: true });
      this.turns.port2.postMessage(null);
    });
    await this.held;
    return !this.stopped;
  }
}
