// What SummaryWriter does once its code is loaded.

import { Tensor } from "../../tensor/tensor.ts";
import { EventFile, type Sink } from "./file.ts";
import { Message } from "./proto.ts";
import * as summaries from "./summaries.ts";

/** One call of SummaryWriter. */
export interface Entry {
  kind: "scalar" | "scalars" | "histogram" | "image" | "text";
  tag: string;
  value: unknown;
  step: number | undefined;
  wallTime: number;
  /** bins and their greatest number, or the order of an image's dimensions */
  how: unknown[];
}

export interface WriterSettings {
  logDir: string;
  filenameSuffix: string;
  sink: Sink | undefined;
}

/** Bytes after which a file is written without being asked. */
const FLUSH_BYTES = 1 << 20;

export class Writer {
  private readonly settings: WriterSettings;
  private readonly files = new Map<string, EventFile>();

  constructor(settings: WriterSettings) {
    this.settings = settings;
    this.file(settings.logDir);
  }

  private file(folder: string): EventFile {
    let file = this.files.get(folder);
    if (file === undefined) {
      file = new EventFile(folder, this.settings.filenameSuffix, this.settings.sink);
      this.files.set(folder, file);
    }
    return file;
  }

  async write(entry: Entry): Promise<void> {
    const { kind, tag, value, step, wallTime, how } = entry;
    const { logDir } = this.settings;
    if (kind === "scalars") {
      // a run of its own for each, so that TensorBoard draws them in one chart
      for (const [name, one] of Object.entries(value as Record<string, unknown>)) {
        const folder = `${logDir}/${tag.replaceAll("/", "_")}_${name}`;
        await this.put(folder, await summaries.scalar(tag, one), wallTime, step);
      }
      return;
    }
    await this.put(logDir, await this.summary(kind, tag, value, how), wallTime, step);
  }

  private async summary(kind: Entry["kind"], tag: string, value: unknown, how: unknown[]): Promise<Message> {
    switch (kind) {
      case "histogram":
        return summaries.histogram(tag, value, how[0] as summaries.Bins, how[1] as number | undefined);
      case "image":
        return summaries.image(tag, value as Tensor, how[0] as string);
      case "text":
        return summaries.text(tag, value as string);
      default:
        return summaries.scalar(tag, value);
    }
  }

  private async put(folder: string, summary: Message, wallTime: number, step?: number): Promise<void> {
    const file = this.file(folder);
    file.add(new Message().data(5, summary), wallTime, step);
    if (file.waiting > FLUSH_BYTES) await file.flush();
  }

  async flush(): Promise<void> {
    await Promise.all(Array.from(this.files.values(), (file) => file.flush()));
  }
}
