import { ReadQueue } from "./reads.ts";
import { camelCase, elementsOf, numelOf, tagOf, toNumber, type Elements, type TensorRecord } from "./value.ts";

/** The library under test. Names are looked up as they stand in the vectors, so nothing of it can be typed here. */
export type Torch = any;
export type Tensor = any;

/** A name of PyTorch's that the library does not have. */
export class Missing extends Error {
  readonly what: string;
  constructor(what: string) {
    super(`${what} is not there`);
    this.what = what;
  }
}

/** What tensors hold on the device. */
export interface DeviceMemory {
  buffers: number;
  bytes: number;
}

/** A case that is not run, with its reason. */
export class Skip extends Error {}

const halves = new Set(["float16", "bfloat16"]);

/** Functions that make a tensor of nothing, and so take the device. */
const factories = new Set(
  "arange empty emptyStrided eye full linspace logspace normal ones rand randint randn randperm range scalarTensor tensor trilIndices triuIndices zeros".split(
    " ",
  ),
);

const isPlain = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Builds arguments out of records and calls PyTorch's functions by their JavaScript names. */
export class Runtime {
  readonly torch: Torch;
  readonly device: string;
  private readonly reads: ReadQueue;

  constructor(torch: Torch, device: string) {
    this.torch = torch;
    this.device = device;
    this.reads = new ReadQueue(torch, (copy) => this.read(copy));
  }

  /** Cases that run side by side, so that their results come back in one read. */
  get width(): number {
    return this.device === "cpu" ? 1 : 64;
  }

  /** Runs a call of the library, again with the values it waited for where it depends on values on the device. */
  async resolve<T>(call: () => T): Promise<T> {
    return this.device === "cpu" ? call() : this.torch.webgpu.resolve(call);
  }

  /** What tensors hold on the device once it has done all its work; null on the CPU. */
  async deviceMemory(late: (error: unknown) => void): Promise<DeviceMemory | null> {
    if (this.device === "cpu") return null;
    await this.settle().catch(late);
    const { usedBuffers, usedBytes } = this.torch.webgpu.stats();
    return { buffers: usedBuffers, bytes: usedBytes };
  }

  /** Waits for the device; rejects with an error that its kernels found. */
  async settle(): Promise<void> {
    if (this.device !== "cpu") await this.torch.webgpu.synchronize();
  }

  fromElements(dtype: string, shape: number[], elements: Elements): Tensor {
    const { torch, device } = this;
    if (dtype.startsWith("complex")) return this.path(["complex"])(...this.complexParts(dtype, shape, elements));
    let flat = torch.tensor(elements, { dtype: halves.has(dtype) ? "float32" : dtype });
    if (halves.has(dtype)) flat = flat.to(dtype);
    if (device !== "cpu") flat = flat.to(device);
    return shape.length === 1 && shape[0] === elements.length ? flat : flat.view(shape);
  }

  private complexParts(dtype: string, shape: number[], elements: Elements): Tensor[] {
    const part = dtype === "complex64" ? "float32" : "float64";
    return [0, 1].map((k) =>
      this.fromElements(
        part,
        shape,
        (elements as Float64Array).filter((_, i) => i % 2 === k),
      ),
    );
  }

  /** The tensor of a record; a strided record becomes a real view of its storage. */
  tensor(record: TensorRecord): Tensor {
    const elements = elementsOf(record.dtype, record.data);
    const { dtype, shape, strides } = record;
    let tensor: Tensor;
    if (strides) {
      const width = dtype.startsWith("complex") ? 2 : 1;
      const base = this.fromElements(dtype, [elements.length / width], elements);
      tensor = this.torch.asStrided(base, shape, strides, record.offset ?? 0);
    } else {
      tensor = this.fromElements(dtype, shape, elements);
    }
    return record.rg ? tensor.requiresGrad_(true) : tensor;
  }

  /** A value as an argument: Python's float 2.0 is torch.float(2), None is null, constants are strings. */
  value(value: any): any {
    if (Array.isArray(value)) return value.map((item) => this.value(item));
    const tag = tagOf(value);
    if (tag === "") return value === "cpu" ? this.device : value;
    const content = value[tag];
    switch (tag) {
      case "$t":
        return this.tensor(content);
      case "$f":
        return this.float(toNumber(content));
      case "$i":
        return BigInt(content);
      case "$tuple":
        return content.map((item: any) => this.value(item));
      case "$size":
      case "$device":
      case "$dtype":
      case "$layout":
        return content;
      case "$memory_format":
        return camelCase(content);
      case "$c":
        // Python's complex numbers are 0-d tensors in a language without them
        return this.torch.complex(...content.map((part: number | string) => this.torch.tensor(toNumber(part))));
      case "$slice":
        return sliceText(content);
      case "$ellipsis":
        return "...";
      case "$dict":
        return Object.fromEntries(Object.entries(content).map(([key, item]) => [key, this.value(item)]));
      case "$module":
        return this.construct(["nn", content.name], content.args, content.kwargs);
    }
    throw new Error(`unknown tag ${tag}`);
  }

  float(value: number): unknown {
    return Number.isInteger(value) ? this.torch.float(value) : value;
  }

  /** Keyword arguments as the last plain object; nothing when there are none. */
  kwargs(kwargs: Record<string, any>): object[] {
    const entries = Object.entries(kwargs);
    if (entries.length === 0) return [];
    return [
      Object.fromEntries(
        entries.map(([name, value]) => [
          camelCase(name),
          name === "device" && value === "cpu" ? this.device : this.value(value),
        ]),
      ),
    ];
  }

  construct(path: string[], args: any[], kwargs: Record<string, any>): any {
    const Class = this.path(path);
    return new Class(...args.map((arg) => this.value(arg)), ...this.kwargs(kwargs));
  }

  /** A function or class under torch; the functions keep their namespace as `this`. Factories make tensors on the device. */
  path(path: string[]): any {
    return path.length === 1 && this.makes(path[0]!) ? this.factory(path[0]!) : this.lookup(path);
  }

  /** Whether a function under torch makes tensors and must be told to make them on the device. */
  makes(name: string): boolean {
    return this.device !== "cpu" && factories.has(name);
  }

  private factory(name: string): (...args: any[]) => any {
    const make = this.lookup([name]);
    return (...args) => {
      if (args.some((arg) => this.isTensor(arg))) return make(...args);
      const named = isPlain(args.at(-1)) ? args.pop() : {};
      return make(...args, { device: this.device, ...named });
    };
  }

  private lookup(path: string[]): any {
    let owner: any = undefined;
    let value = this.torch;
    for (const name of path) {
      owner = value;
      value = value?.[name];
    }
    if (value === undefined) throw new Missing(`torch.${path.join(".")}`);
    return typeof value === "function" && !/^[A-Z]/.test(path[path.length - 1]!) ? value.bind(owner) : value;
  }

  /** A function directly under torch. */
  call(name: string, ...args: unknown[]): any {
    return this.path([name])(...args);
  }

  method(tensor: Tensor, name: string, args: unknown[]): any {
    if (typeof tensor !== "object" || tensor === null) throw new TypeError(`no method ${name} on ${typeof tensor}`);
    if (typeof tensor[name] !== "function") throw new Missing(`Tensor.${name}`);
    return tensor[name](...args);
  }

  /** All elements of a tensor, in order; 16-bit floats as float32, bool as 0 and 1. */
  async read(tensor: Tensor): Promise<Elements> {
    if (tensor.device !== "cpu") return this.reads.read(tensor);
    const source = halves.has(tensor.dtype) ? this.torch.noGrad(() => tensor.to("float32")) : tensor;
    const data = source.data();
    return data.length === numelOf(tensor.shape) || tensor.dtype.startsWith("complex")
      ? data
      : data.subarray(0, numelOf(tensor.shape));
  }

  /** The one element of a tensor, as of now. */
  async item(tensor: Tensor): Promise<number> {
    return tensor.device === "cpu" ? tensor.item() : tensor.itemAsync();
  }

  /** Runs a body whose tensors are released when it ends. */
  scope<R>(body: () => Promise<R>): Promise<R> {
    if (typeof this.torch.scope !== "function") return body();
    // cases that run side by side need the scope of an async function, which is exact
    return this.device === "cpu" ? this.torch.scope(body) : this.torch.scope(async () => body());
  }

  /** Address of the storage's first byte: equal for tensors that share storage. On the device, of the storage's record. */
  storage(tensor: Tensor): number {
    if (tensor.device !== "cpu") return tensor.untypedStorage().address;
    return tensor.dataPtr() - tensor.storageOffset() * tensor.elementSize();
  }

  isTensor(value: unknown): boolean {
    return this.torch.Tensor !== undefined && value instanceof this.torch.Tensor;
  }

  /** Tensors of nested results, depth first. */
  flatten(value: any): Tensor[] {
    if (this.isTensor(value)) return [value];
    if (Array.isArray(value)) return value.flatMap((item) => this.flatten(item));
    if (value !== null && typeof value === "object") return Object.values(value).flatMap((item) => this.flatten(item));
    return [];
  }

  /** torch.autograd.grad with unused inputs allowed; null where an input was not used. */
  gradients(outputs: Tensor[], cotangents: Tensor[], inputs: Tensor[], createGraph = false): (Tensor | null)[] {
    return this.torch.autograd.grad(outputs, inputs, { gradOutputs: cotangents, createGraph, allowUnused: true });
  }
}

const sliceText = ([start, stop, step]: (number | null)[]) =>
  `${start ?? ""}:${stop ?? ""}${step === null || step === undefined ? "" : `:${step}`}`;
