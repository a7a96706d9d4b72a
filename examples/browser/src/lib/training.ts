// The training of a page: its state, and the buttons that start, pause, resume and reset it.
import { byId, fail } from "./dom.ts";

export type State = "loading" | "ready" | "training" | "paused" | "done";

interface Course {
  /** Trains until it is done or held. @returns whether it is done */
  train: () => Promise<boolean>;
  hold: () => unknown;
  resume: () => unknown;
  /** Says what ended the training; then it is ready again. */
  failed: (error: unknown) => unknown;
  /** What the button says when the training is done; without it, there is nothing more to train. */
  further?: string;
  entered?: (state: State) => void;
}

export class Training {
  state: State = "loading";
  private readonly course: Course;
  readonly button = byId<HTMLButtonElement>("train");
  readonly resetButton = byId<HTMLButtonElement>("reset");

  constructor(course: Course) {
    this.course = course;
    this.button.addEventListener("click", () => {
      fail("");
      if (this.state === "training") {
        this.enter("paused");
        course.hold();
      } else if (this.state === "paused") {
        this.enter("training");
        course.resume();
      } else void this.start();
    });
  }

  enter(next: State): void {
    const { further, entered } = this.course;
    this.state = next;
    byId("state").textContent = next;
    const labels = { loading: "Start", ready: "Start", training: "Pause", paused: "Resume", done: further ?? "Start" };
    this.button.textContent = labels[next];
    this.button.disabled = next === "loading" || (next === "done" && further === undefined);
    this.resetButton.disabled = next === "loading" || next === "ready";
    entered?.(next);
  }

  private async start(): Promise<void> {
    this.enter("training");
    try {
      if (await this.course.train()) this.enter("done");
    } catch (error) {
      await this.course.failed(error);
      this.enter("ready");
    }
  }
}
