// Dropout: zeros at random while training, the identity otherwise.

import { ValueError } from "../../error.ts";
import type { FloatScalar } from "../../tensor/scalar.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { take, type Rest } from "../arguments.ts";
import * as F from "../functional.ts";
import { Module } from "../module.ts";
import { py } from "../python.ts";

type Settings = Rest<[p: number | FloatScalar, inplace: boolean], { p?: number | FloatScalar; inplace?: boolean }>;

abstract class DropoutModule extends Module {
  /** The probability of a zero. */
  readonly p: number;
  readonly inplace: boolean;
  constructor(...rest: Settings) {
    super();
    ({ p: this.p, inplace: this.inplace } = take(new.target.name, rest, { p: 0.5, inplace: false }));
    if (!(this.p >= 0 && this.p <= 1)) {
      throw new ValueError(`dropout probability has to be between 0 and 1, but got ${this.p}`);
    }
  }
  override extraRepr(): string {
    return `p=${py(this.p)}, inplace=${py(this.inplace)}`;
  }
}

/**
 * Zeros elements and scales the others by 1/(1-p); follows torch.nn.Dropout.
 * @example
 * new nn.Dropout(0.5).eval()(torch.tensor([1, 2])); // tensor([1., 2.])
 */
export class Dropout extends DropoutModule {
  forward(input: Tensor): Tensor {
    return F.dropout(input, this.p, this.training, this.inplace);
  }
}
/**
 * Zeros whole channels of [N, C, L]; follows torch.nn.Dropout1d.
 * @example
 * new nn.Dropout1d(0.5).eval()(torch.ones(1, 2, 2)); // tensor([[[1., 1.], [1., 1.]]])
 */
export class Dropout1d extends DropoutModule {
  forward(input: Tensor): Tensor {
    return F.dropout1d(input, this.p, this.training, this.inplace);
  }
}
/**
 * Zeros whole channels of [N, C, H, W]; follows torch.nn.Dropout2d.
 * @example
 * new nn.Dropout2d(0.5).eval()(torch.ones(1, 2, 1, 1)); // tensor([[[[1.]], [[1.]]]])
 */
export class Dropout2d extends DropoutModule {
  forward(input: Tensor): Tensor {
    return F.dropout2d(input, this.p, this.training, this.inplace);
  }
}
/**
 * Zeros whole channels of [N, C, D, H, W]; follows torch.nn.Dropout3d.
 * @example
 * new nn.Dropout3d(0.5).eval()(torch.ones(1, 2, 1, 1, 1)); // tensor([[[[[1.]]], [[[1.]]]]])
 */
export class Dropout3d extends DropoutModule {
  forward(input: Tensor): Tensor {
    return F.dropout3d(input, this.p, this.training, this.inplace);
  }
}
/**
 * Dropout that keeps mean and variance of SELU's outputs; follows torch.nn.AlphaDropout.
 * @example
 * new nn.AlphaDropout(0.5).eval()(torch.tensor([1, 2])); // tensor([1., 2.])
 */
export class AlphaDropout extends DropoutModule {
  forward(input: Tensor): Tensor {
    return F.alphaDropout(input, this.p, this.training);
  }
}
/**
 * AlphaDropout of whole channels; follows torch.nn.FeatureAlphaDropout.
 * @example
 * new nn.FeatureAlphaDropout(0.5).eval()(torch.ones(1, 2, 2)); // tensor([[[1., 1.], [1., 1.]]])
 */
export class FeatureAlphaDropout extends DropoutModule {
  forward(input: Tensor): Tensor {
    return F.featureAlphaDropout(input, this.p, this.training);
  }
}
