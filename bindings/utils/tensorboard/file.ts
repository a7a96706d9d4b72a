// An event file: records are gathered and appended, one write after the other.

import { host } from "../../boot.ts";
import { NotImplementedError } from "../../error.ts";
import { Message, record } from "./proto.ts";

/** Takes the bytes that come next in an event file. */
export type Sink = (path: string, bytes: Uint8Array) => Promise<void> | void;

let files = 0;

export class EventFile {
  readonly path: string;
  private readonly sink: Sink;
  private pending: Uint8Array[] = [];
  private size = 0;
  private writing: Promise<void> = Promise.resolve();

  constructor(folder: string, suffix: string, sink: Sink | undefined) {
    const seconds = String(Math.floor(Date.now() / 1000)).padStart(10, "0");
    this.path = `${folder}/events.out.tfevents.${seconds}.${host().name}.${files++}${suffix}`;
    const append = host().appendFile;
    if (sink === undefined && append === undefined) {
      throw new NotImplementedError(`SummaryWriter: ${host().name} has no files: pass \`sink\`, which gets the bytes`);
    }
    this.sink = sink ?? ((path, bytes) => append!(path, bytes));
    this.add(new Message().data(3, "brain.Event:2"), Date.now() / 1000);
  }

  add(event: Message, wallTime: number, step?: number): void {
    const head = new Message().double(1, wallTime);
    if (step !== undefined) head.int(2, step);
    const [a, b] = [head.finish(), event.finish()];
    const data = new Uint8Array(a.length + b.length);
    data.set(a);
    data.set(b, a.length);
    this.pending.push(record(data));
    this.size += data.length + 16;
  }
  /** How many bytes wait. */
  get waiting(): number {
    return this.size;
  }

  flush(): Promise<void> {
    const parts = this.pending;
    if (parts.length === 0) return this.writing;
    const bytes = new Uint8Array(this.size);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    this.pending = [];
    this.size = 0;
    this.writing = this.writing.then(() => this.sink(this.path, bytes));
    return this.writing;
  }
}
