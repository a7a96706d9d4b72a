// How often a training reports.

const MS = 150;
const MOST = 20;

/** Steps between two reports: as many as take a moment, since reading a loss makes a GPU idle, and one where one takes long. */
export class Pace {
  steps = 1;

  /** Tells how long the steps since the last report took. */
  took(steps: number, milliseconds: number): void {
    this.steps = Math.min(MOST, Math.max(1, Math.round((steps * MS) / milliseconds)));
  }
}
