// The device beside the CPU, as the core's imports see it.

export interface DeviceStats {
  /** bytes of buffers that tensors hold */
  readonly usedBytes: number;
  readonly usedBuffers: number;
  /** bytes of freed buffers kept for reuse */
  readonly freeBytes: number;
  readonly freeBuffers: number;
  /** buffers ever created */
  readonly created: number;
  readonly dispatches: number;
  readonly submits: number;
  readonly pipelines: number;
  readonly bindGroups: number;
}

export interface DeviceBackend {
  /** A buffer's id, from 1. */
  allocate(bytes: number): number;
  free(id: number, bytes: number): void;
  /** Runs the kernel of the argument block at this address. */
  run(args: number): void;
  /** Copies bytes into a buffer; they may change as soon as this returns. */
  upload(id: number, offset: number, bytes: Uint8Array): void;
  /** The bytes as of now; the copy is recorded before this returns. */
  read(id: number, offset: number, bytes: number): Promise<Uint8Array>;
  flush(): void;
  synchronize(): Promise<void>;
  /** Compiles the pipelines that `record` needs, without running them. */
  warmup(record: () => void): Promise<void>;
  stats(): DeviceStats;
  destroy(): void;
  /** what every call raises once the device is lost */
  readonly lost: Error | undefined;
}
