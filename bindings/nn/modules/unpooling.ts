// Pooling that few models have: power means, and what puts maxima back.

import { Tensor } from "../../tensor/tensor.ts";
import { type Arguments, required, take } from "../arguments.ts";
import * as F from "../functional.ts";
import { Module } from "../module.ts";
import { py } from "../python.ts";
import { perDim, type Size } from "./conv.ts";

/** (Σ xᵖ)^(1/p) over windows. */
abstract class LPPool extends Module {
  readonly normType: number;
  readonly kernelSize: Size;
  readonly stride: Size | null;
  readonly ceilMode: boolean;
  constructor(
    ...args: Arguments<
      [normType: number, kernelSize: Size],
      { normType: number; kernelSize: Size },
      [stride: Size | null, ceilMode: boolean],
      { stride?: Size | null; ceilMode?: boolean }
    >
  ) {
    super();
    ({
      normType: this.normType,
      kernelSize: this.kernelSize,
      stride: this.stride,
      ceilMode: this.ceilMode,
    } = take(new.target.name, args, {
      normType: required<number>(),
      kernelSize: required<Size>(),
      stride: null as Size | null,
      ceilMode: false,
    }));
  }
  override extraRepr(): string {
    const { normType, kernelSize, stride, ceilMode } = this;
    return `norm_type=${py(normType)}, kernel_size=${py(kernelSize)}, stride=${py(stride)}, ceil_mode=${py(ceilMode)}`;
  }
}
/**
 * Power means over windows of [N, C, L]; follows torch.nn.LPPool1d.
 * @example
 * new nn.LPPool1d(2, 2)(torch.tensor([[[3, 4, 0, 5]]])); // tensor([[[5., 5.]]])
 */
export class LPPool1d extends LPPool {
  forward(input: Tensor): Tensor {
    return F.lpPool1d(input, this.normType, this.kernelSize, this.stride, this.ceilMode);
  }
}
/**
 * Power means over windows of [N, C, H, W]; follows torch.nn.LPPool2d.
 * @example
 * new nn.LPPool2d(2, 2)(torch.tensor([[[[3, 4], [0, 0]]]])); // tensor([[[[5.]]]])
 */
export class LPPool2d extends LPPool {
  forward(input: Tensor): Tensor {
    return F.lpPool2d(input, this.normType, this.kernelSize, this.stride, this.ceilMode);
  }
}

type UnpoolArguments = Arguments<
  [kernelSize: Size],
  { kernelSize: Size },
  [stride: Size | null, padding: Size],
  { stride?: Size | null; padding?: Size }
>;

abstract class MaxUnpool extends Module<[input: Tensor, indices: Tensor, outputSize?: readonly number[] | null]> {
  readonly kernelSize: number[];
  readonly stride: number[];
  readonly padding: number[];
  constructor(n: number, args: UnpoolArguments) {
    super();
    const { kernelSize, stride, padding } = take(new.target.name, args, {
      kernelSize: required<Size>(),
      stride: null as Size | null,
      padding: 0 as Size,
    });
    this.kernelSize = perDim(kernelSize, n);
    this.stride = perDim(stride ?? kernelSize, n);
    this.padding = perDim(padding, n);
  }
  override extraRepr(): string {
    return `kernel_size=${py(this.kernelSize)}, stride=${py(this.stride)}, padding=${py(this.padding)}`;
  }
}
/**
 * Maxima back where MaxPool1d with `returnIndices` found them, zeros elsewhere; follows torch.nn.MaxUnpool1d. `outputSize` settles
 * which of the possible sizes the input had.
 * @example
 * const pool = new nn.MaxPool1d(2, { returnIndices: true });
 * const [values, places] = pool(torch.tensor([[[1, 3, 2, 4]]]));
 * new nn.MaxUnpool1d(2)(values, places); // tensor([[[0., 3., 0., 4.]]])
 */
export class MaxUnpool1d extends MaxUnpool {
  constructor(...args: UnpoolArguments) {
    super(1, args);
  }
  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.maxUnpool1d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}
/**
 * The same for MaxPool2d; follows torch.nn.MaxUnpool2d.
 * @example
 * const pool = new nn.MaxPool2d(2, { returnIndices: true });
 * const [values, places] = pool(torch.tensor([[[[1, 2], [3, 4]]]]));
 * new nn.MaxUnpool2d(2)(values, places); // tensor([[[[0., 0.], [0., 4.]]]])
 */
export class MaxUnpool2d extends MaxUnpool {
  constructor(...args: UnpoolArguments) {
    super(2, args);
  }
  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.maxUnpool2d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}
/**
 * The same for MaxPool3d; follows torch.nn.MaxUnpool3d.
 * @example
 * const pool = new nn.MaxPool3d(2, { returnIndices: true });
 * const [values, places] = pool(torch.arange(8).float().reshape(1, 1, 2, 2, 2));
 * new nn.MaxUnpool3d(2)(values, places).sum(); // tensor(7.)
 */
export class MaxUnpool3d extends MaxUnpool {
  constructor(...args: UnpoolArguments) {
    super(3, args);
  }
  forward(input: Tensor, indices: Tensor, outputSize: readonly number[] | null = null): Tensor {
    return F.maxUnpool3d(input, indices, this.kernelSize, this.stride, this.padding, outputSize);
  }
}
