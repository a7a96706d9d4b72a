// The progress bar of the training programs: images done, loss, images a second, time left.
import { Presets, SingleBar } from "cli-progress";

export interface ProgressLine {
  update(done: number, loss: number): void;
  done(): void;
}

/** A bar on a terminal, a line for every tenth elsewhere. */
export function progressLine(title: string, total: number): ProgressLine {
  const started = performance.now();
  const rate = (done: number) => Math.round(done / ((performance.now() - started) / 1000));
  const bar = new SingleBar(
    {
      format: `${title} {bar} {percentage}% | {value}/{total} | loss {loss} | {rate} img/s | ETA {eta_formatted}`,
      noTTYOutput: true,
      notTTYSchedule: 2000,
      hideCursor: true,
      etaBuffer: 200,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0, { loss: "–", rate: "–" });
  return {
    update: (done, loss) => bar.update(done, { loss: loss.toFixed(4), rate: rate(done) }),
    done: () => bar.stop(),
  };
}

export const silent = (): ProgressLine => ({ update() {}, done() {} });
