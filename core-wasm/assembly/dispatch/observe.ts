// What a profiler hears of while one runs: kernels, and nodes of the tape in a backward pass.

export const enum Event {
  /** a kernel begins: the address of its argument block */
  Kernel = 0,
  /** a node's derivative begins: the address of the node */
  Node = 1,
  /** what began last has ended */
  End = 2,
}

// @ts-ignore: decorator
@external("env", "observe")
export declare function observe(event: i32, address: usize): void;

export let observing: bool = false;

export function setObserving(on: bool): void {
  observing = on;
}
