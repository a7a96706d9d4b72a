// torch.utils.tensorboard: what is logged waits in order until the writer's code, a chunk of its own, is there to write it.

import { keep } from "../../memory/scope.ts";
import { RuntimeError } from "../../error.ts";
import { type Rest, take } from "../../nn/arguments.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { Sink } from "./file.ts";
import type { Bins, DataFormats } from "./summaries.ts";
import type { Entry, Writer } from "./writer.ts";

export interface SummaryWriterOptions {
  /** The folder of the event files (default "runs/" and the time). */
  logDir?: string;
  /** Is added to the default folder's name. */
  comment?: string;
  filenameSuffix?: string;
  /** Seconds between writes (default 120). */
  flushSecs?: number;
  /** Takes the bytes where the host has no files, or in their place. */
  sink?: Sink;
}

type Scalar = number | Tensor;

interface StepOptions {
  globalStep?: number | null;
  /** seconds since 1970 in place of now */
  walltime?: number | null;
}
type StepRest = Rest<[globalStep: number | null, walltime: number | null], StepOptions>;
type ImageRest = Rest<
  [globalStep: number | null, walltime: number | null, dataformats: DataFormats],
  StepOptions & { dataformats?: DataFormats }
>;
const atNoStep = { globalStep: null as number | null, walltime: null as number | null };

/**
 * Writes event files that TensorBoard reads; follows torch.utils.tensorboard.SummaryWriter. The methods return at once; `close`,
 * or `flush`, is awaited, and rejects with what went wrong. Tensors may lie on any device.
 * @example
 * const chunks = [];
 * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
 * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
 * writer.addScalar("loss", 0.5, 1);
 * await writer.close();
 * chunks.length > 0; // true
 */
export class SummaryWriter {
  readonly logDir: string;
  private readonly settings: SummaryWriterOptions;
  private queue: Promise<void>;
  private writer: Promise<Writer> | undefined;
  private failure: unknown;
  private flushedAt = Date.now();
  private closed = false;

  /** @throws TypeError for an unknown option */
  constructor(...args: Rest<[logDir: string | null, comment: string], SummaryWriterOptions>) {
    this.settings = take("SummaryWriter", args, {
      logDir: null as unknown as string,
      comment: "",
      filenameSuffix: "",
      flushSecs: 120,
      sink: undefined as unknown as Sink,
    });
    const time = new Date().toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
    this.logDir = this.settings.logDir ?? `runs/${time}${this.settings.comment}`;
    this.queue = Promise.resolve();
  }

  private open(): Promise<Writer> {
    return (this.writer ??= import("./writer.ts").then(({ Writer }) => {
      const { filenameSuffix = "", sink } = this.settings;
      return new Writer({ logDir: this.logDir, filenameSuffix, sink });
    }));
  }
  private enqueue(work: (writer: Writer) => Promise<void>): void {
    this.queue = this.queue.then(async () => {
      try {
        await work(await this.open());
      } catch (error) {
        this.failure ??= error;
      }
    });
  }
  private add(
    kind: Entry["kind"],
    tag: string,
    value: unknown,
    step: number | null,
    time: number | null,
    how: unknown[] = [],
  ): void {
    if (this.closed) throw new RuntimeError("SummaryWriter: the writer is closed");
    // a tensor may be changed, or released by a scope, before it is read
    const held = (one: unknown): unknown => (one instanceof Tensor ? keep(one.detach().clone()) : one);
    const isMany = kind === "scalars";
    const content = isMany
      ? Object.fromEntries(Object.entries(value as object).map(([name, one]) => [name, held(one)]))
      : held(value);
    const entry: Entry = {
      kind,
      tag,
      value: content,
      step: step ?? undefined,
      wallTime: time ?? Date.now() / 1000,
      how,
    };
    this.enqueue(async (writer) => {
      try {
        await writer.write(entry);
      } finally {
        for (const one of isMany ? Object.values(content as object) : [content])
          if (one instanceof Tensor) one.dispose();
      }
    });
    if (Date.now() - this.flushedAt > this.settings.flushSecs! * 1000) {
      this.flushedAt = Date.now();
      this.enqueue((writer) => writer.flush());
    }
  }

  /**
   * A number at a step.
   * Follows torch.utils.tensorboard.SummaryWriter.add_scalar.
   * @example
   * const chunks = [];
   * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
   * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
   * writer.addScalar("loss", 0.5, 1);
   * await writer.close();
   * chunks.length > 0; // true
   */
  addScalar(tag: string, scalarValue: Scalar, ...rest: StepRest): void {
    const { globalStep, walltime } = take("addScalar", rest, atNoStep);
    this.add("scalar", tag, scalarValue, globalStep, walltime);
  }
  /**
   * Several numbers in one chart, each as a run of its own.
   * Follows torch.utils.tensorboard.SummaryWriter.add_scalars.
   * @example
   * const chunks = [];
   * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
   * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
   * writer.addScalars("loss", { train: 0.5, test: 0.6 }, 1);
   * await writer.close();
   * chunks.length > 0; // true
   */
  addScalars(mainTag: string, tagScalarDict: Record<string, Scalar>, ...rest: StepRest): void {
    const { globalStep, walltime } = take("addScalars", rest, atNoStep);
    this.add("scalars", mainTag, tagScalarDict, globalStep, walltime);
  }
  /**
   * How values are distributed.
   * Follows torch.utils.tensorboard.SummaryWriter.add_histogram.
   * @example
   * const chunks = [];
   * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
   * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
   * writer.addHistogram("weights", torch.linspace(-1, 1, 100), 1);
   * await writer.close();
   * chunks.length > 0; // true
   */
  addHistogram(
    tag: string,
    values: Tensor | readonly number[],
    ...rest: Rest<
      [globalStep: number | null, bins: Bins, walltime: number | null, maxBins: number],
      StepOptions & { bins?: Bins; maxBins?: number }
    >
  ): void {
    const { globalStep, bins, walltime, maxBins } = take("addHistogram", rest, {
      globalStep: null as number | null,
      bins: "tensorflow" as Bins,
      walltime: null as number | null,
      maxBins: undefined as number | undefined,
    });
    this.add("histogram", tag, values, globalStep, walltime, [bins, maxBins]);
  }
  /**
   * A picture, as PNG: floats from 0 to 1, or bytes. `dataformats` names the dimensions: CHW, HWC, HW.
   * Follows torch.utils.tensorboard.SummaryWriter.add_image.
   * @example
   * const chunks = [];
   * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
   * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
   * writer.addImage("digit", torch.zeros(1, 4, 4), 1);
   * await writer.close();
   * chunks.length > 0; // true
   */
  addImage(tag: string, imgTensor: Tensor, ...rest: ImageRest): void {
    const { globalStep, walltime, dataformats } = take("addImage", rest, {
      ...atNoStep,
      dataformats: "CHW" as DataFormats,
    });
    this.add("image", tag, imgTensor, globalStep, walltime, [dataformats]);
  }
  /**
   * A batch of pictures as a grid.
   * Follows torch.utils.tensorboard.SummaryWriter.add_images.
   * @example
   * const chunks = [];
   * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
   * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
   * writer.addImages("digits", torch.zeros(2, 1, 4, 4), 1);
   * await writer.close();
   * chunks.length > 0; // true
   */
  addImages(tag: string, imgTensor: Tensor, ...rest: ImageRest): void {
    const { globalStep, walltime, dataformats } = take("addImages", rest, {
      ...atNoStep,
      dataformats: "NCHW" as DataFormats,
    });
    this.add("image", tag, imgTensor, globalStep, walltime, [dataformats]);
  }
  /**
   * A text, which TensorBoard reads as Markdown.
   * Follows torch.utils.tensorboard.SummaryWriter.add_text.
   * @example
   * const chunks = [];
   * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
   * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
   * writer.addText("note", "learning rate halved", 1);
   * await writer.close();
   * chunks.length > 0; // true
   */
  addText(tag: string, textString: string, ...rest: StepRest): void {
    const { globalStep, walltime } = take("addText", rest, atNoStep);
    this.add("text", tag, textString, globalStep, walltime);
  }

  /**
   * Writes what waits.
   * Follows torch.utils.tensorboard.SummaryWriter.flush.
   * @throws what went wrong since the last time
   * @example
   * const chunks = [];
   * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
   * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
   * writer.addScalar("loss", 0.5, 1);
   * await writer.flush();
   * await writer.close();
   * chunks.length > 0; // true
   */
  async flush(): Promise<void> {
    this.flushedAt = Date.now();
    this.enqueue((writer) => writer.flush());
    await this.queue;
    const { failure } = this;
    this.failure = undefined;
    if (failure !== undefined) throw failure;
  }
  /**
   * Writes what waits; afterwards nothing can be added.
   * Follows torch.utils.tensorboard.SummaryWriter.close.
   * @example
   * const chunks = [];
   * const sink = (path, bytes) => void chunks.push(bytes); // in place of a file
   * const writer = new torch.utils.tensorboard.SummaryWriter("runs/first", { sink });
   * writer.addScalar("loss", 0.5, 1);
   * await writer.close();
   * chunks.length > 0; // true
   */
  async close(): Promise<void> {
    this.closed = true;
    await this.flush();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
