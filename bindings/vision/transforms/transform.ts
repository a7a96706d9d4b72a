// Transforms: callable objects that turn one sample into another.

/** What a dataset accepts as a transform: any function of one argument. */
export type TransformFunction<In = never, Out = unknown> = (input: In) => Out;

// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export interface Transform<In, Out> {
  (input: In): Out;
}

/** Base of the transforms: an instance is a function, and prints as torchvision prints it. */
// eslint-disable-next-line @typescript-eslint/no-unsafe-declaration-merging
export abstract class Transform<In, Out> {
  constructor() {
    const self = ((input: In) => self.transform(input)) as unknown as Transform<In, Out>;
    Object.setPrototypeOf(self, new.target.prototype);
    // oxlint-disable-next-line no-constructor-return
    return self;
  }

  /** What calling the transform computes. */
  abstract transform(input: In): Out;

  toString(): string {
    return `${this.constructor.name}()`;
  }
}
