import type { Elements } from "./value.ts";

/** A read of several cases that failed, by the fault of one of them. */
export class SharedFailure extends Error {
  constructor(cause: unknown) {
    super("a read of several cases failed", { cause });
  }
}

/**
 * Reads of tensors on a device. What is asked for until the next turn of the event loop comes back in one read: a read costs
 * a round trip to the device, some ten milliseconds in Deno.
 */
export class ReadQueue {
  private readonly torch: any;
  private readonly elements: (copy: any) => Promise<Elements>;
  private waiting: { tensor: any; resolve: (data: Promise<Elements>) => void; reject: (error: unknown) => void }[] = [];

  constructor(torch: any, elements: (copy: any) => Promise<Elements>) {
    this.torch = torch;
    this.elements = elements;
  }

  read(tensor: any): Promise<Elements> {
    if (this.waiting.length === 0) setTimeout(() => void this.flush(), 0);
    return new Promise((resolve, reject) => this.waiting.push({ tensor, resolve, reject }));
  }

  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    try {
      const copies: any[] = await this.torch.webgpu.readMany(batch.map(({ tensor }) => tensor));
      batch.forEach(({ resolve }, i) => resolve(this.elements(copies[i])));
      for (const copy of copies) copy.dispose();
    } catch (error) {
      const failure = batch.length > 1 ? new SharedFailure(error) : error;
      for (const { reject } of batch) reject(failure);
    }
  }
}
