// The host's WebGPU, with its dispatches and submits counted, whoever calls them.

/** navigator.gpu, which npm `webgpu` stands in for where there is none. */
export async function hostGpu() {
  if (!globalThis.navigator?.gpu) {
    const { create, globals } = await import("../../../node_modules/webgpu/index.js");
    Object.assign(globalThis, globals);
    const gpu = create([]);
    if (globalThis.navigator) Object.defineProperty(globalThis.navigator, "gpu", { value: gpu, configurable: true });
    else globalThis.navigator = { gpu };
  }
  return globalThis.navigator.gpu;
}

/** Calls that `body` makes. */
export async function counted(body) {
  const counts = { dispatches: 0, submits: 0 };
  const undo = [
    hook(GPUComputePassEncoder.prototype, "dispatchWorkgroups", () => counts.dispatches++),
    hook(GPUQueue.prototype, "submit", () => counts.submits++),
  ];
  try {
    await body();
  } finally {
    for (const restore of undo) restore();
  }
  return counts;
}

function hook(prototype, name, heard) {
  const method = prototype[name];
  prototype[name] = function (...args) {
    heard();
    return method.apply(this, args);
  };
  return () => (prototype[name] = method);
}
