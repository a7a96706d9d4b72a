// Transforms made of transforms.

import { TypeError, ValueError } from "../../error.ts";
import { required, type Rest, take } from "../../nn/arguments.ts";
import { multinomial } from "../../random.ts";
import { tensor } from "../../tensor/create.ts";
import { permutation, unit } from "./draw.ts";
import { Transform, type TransformFunction } from "./transform.ts";

type Transforms = Iterable<TransformFunction>;

abstract class Several extends Transform<unknown, unknown> {
  readonly transforms: readonly TransformFunction[];

  /** @throws TypeError unless they are functions */
  constructor(...args: [transforms: Transforms] | [options: { transforms: Transforms }]) {
    super();
    const { transforms } = take(new.target.name, args, { transforms: required<Transforms>() });
    if (typeof transforms?.[Symbol.iterator] !== "function")
      throw new TypeError("Argument transforms should be a sequence");
    this.transforms = [...transforms];
    for (const transform of this.transforms)
      if (typeof transform !== "function") throw new TypeError("transforms should be callable");
  }

  protected all(input: unknown): unknown {
    return this.transforms.reduce((value, transform) => transform(value as never), input);
  }

  protected heading(): string {
    return "";
  }

  override toString(): string {
    const lines = this.transforms.map((transform) => `\n    ${transform}`);
    return `${this.constructor.name}(${this.heading()}${lines.join("")}\n)`;
  }
}

/**
 * Transforms one after another. Follows torchvision.transforms.Compose.
 * @example
 * const { Compose, Lambda, Normalize } = torch.vision.transforms;
 * new Compose([new Lambda((x) => x.div(10)), new Normalize([0.5], [0.5])])(torch.tensor([[[0, 10]]])); // tensor([[[-1., 1.]]])
 */
export class Compose extends Several {
  transform(input: unknown): unknown {
    return this.all(input);
  }
}

/**
 * All of the transforms with probability p, or none of them. Follows torchvision.transforms.RandomApply.
 * @example
 * new torch.vision.transforms.RandomApply([new torch.vision.transforms.Grayscale()], { p: 0.8 })(torch.rand(3, 4, 4));
 */
export class RandomApply extends Several {
  readonly p: number;
  constructor(transforms: Transforms, ...rest: Rest<[p: number], { p?: number }>) {
    super(transforms);
    this.p = take("RandomApply", rest, { p: 0.5 }).p;
  }
  transform(input: unknown): unknown {
    return Math.fround(this.p) < unit() ? input : this.all(input);
  }
  protected override heading(): string {
    return `\n    p=${this.p}`;
  }
}

/**
 * One of the transforms, with the probabilities p or with equal ones. Follows torchvision.transforms.v2.RandomChoice, which draws
 * from torch's generator.
 * @throws ValueError unless there are as many probabilities as transforms
 * @example
 * new torch.vision.transforms.RandomChoice([new torch.vision.transforms.Pad(1), new torch.vision.transforms.Grayscale()])(torch.rand(3, 4, 4));
 */
export class RandomChoice extends Several {
  readonly p: readonly number[];
  constructor(transforms: Transforms, ...rest: Rest<[p: readonly number[] | null], { p?: readonly number[] | null }>) {
    super(transforms);
    const { length } = this.transforms;
    const { p } = take("RandomChoice", rest, { p: null as readonly number[] | null });
    const weights = p ?? Array<number>(length).fill(1);
    if (weights.length !== length)
      throw new ValueError(`Length of p doesn't match the number of transforms: ${weights.length} != ${length}`);
    const sum = weights.reduce((a, b) => a + b, 0);
    this.p = weights.map((x) => x / sum);
  }
  transform(input: unknown): unknown {
    const chosen = multinomial(tensor([...this.p]), 1).item() as number;
    return this.transforms[chosen]!(input as never);
  }
}

/**
 * All of the transforms in a random order. Follows torchvision.transforms.v2.RandomOrder.
 * @example
 * new torch.vision.transforms.RandomOrder([new torch.vision.transforms.Pad(1), new torch.vision.transforms.Grayscale()])(torch.rand(3, 4, 4)).shape; // [1, 6, 6]
 */
export class RandomOrder extends Several {
  transform(input: unknown): unknown {
    return permutation(this.transforms.length).reduce((value, i) => this.transforms[i]!(value as never), input);
  }
}

/**
 * A user's function as a transform. Follows torchvision.transforms.Lambda.
 * @example
 * new torch.vision.transforms.Lambda((x) => x.mul(2))(torch.tensor([1, 2])); // tensor([2., 4.])
 */
export class Lambda<In = unknown, Out = unknown> extends Transform<In, Out> {
  private readonly fn: TransformFunction<In, Out>;
  /** @throws TypeError if `lambd` is no function */
  constructor(...args: [lambd: TransformFunction<In, Out>] | [options: { lambd: TransformFunction<In, Out> }]) {
    super();
    const { lambd } = take("Lambda", args, { lambd: required<TransformFunction<In, Out>>() });
    if (typeof lambd !== "function") throw new TypeError(`Argument lambd should be callable, got ${typeof lambd}`);
    this.fn = lambd;
  }
  transform(input: In): Out {
    return this.fn(input);
  }
}
