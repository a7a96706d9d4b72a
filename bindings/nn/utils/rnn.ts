// torch.nn.utils.rnn: sequences of different lengths, packed without their padding.

import { RuntimeError, ValueError } from "../../error.ts";
import * as torch from "../../gen/functions.ts";
import { tensor } from "../../tensor/create.ts";
import type { Device, DType } from "../../tensor/dtype.ts";
import { Tensor } from "../../tensor/tensor.ts";
import { take, type Rest } from "../arguments.ts";
import { pad } from "../functional.ts";

const longs = (values: readonly number[]): Tensor => tensor(values as number[], { dtype: "int64" });
const numbers = (values: Tensor | readonly number[]): number[] =>
  values instanceof Tensor ? (values.tolist() as number[]) : [...values];

/**
 * The permutation that undoes another; follows torch.nn.utils.rnn.invert_permutation.
 * @example
 * nn.utils.rnn.invertPermutation(torch.tensor([2n, 0n, 1n])); // tensor([1, 2, 0])
 */
export function invertPermutation(permutation: Tensor | null): Tensor | null {
  return permutation && permutation.argsort();
}

/**
 * Sequences without padding: `data` has all first steps, then all second steps, and so on, `batchSizes` how many sequences
 * still run at each step. Made by `packPaddedSequence` and `packSequence`, read by RNN, LSTM and GRU, which give the same;
 * follows torch.nn.utils.rnn.PackedSequence.
 * @example
 * const packed = nn.utils.rnn.packSequence([torch.tensor([1, 2, 3]), torch.tensor([4, 5])]);
 * packed.data; // tensor([1., 4., 2., 5., 3.])
 * packed.batchSizes; // tensor([2, 2, 1])
 */
export class PackedSequence {
  readonly data: Tensor;
  /** int64, on the CPU */
  readonly batchSizes: Tensor;
  /** Where in the padded batch the sequences, longest first, come from; null if they stood in that order. */
  readonly sortedIndices: Tensor | null;
  readonly unsortedIndices: Tensor | null;
  /** @internal the sorted indices where they are on another device, which can't be asked */
  readonly order: readonly number[] | undefined;

  constructor(
    data: Tensor,
    batchSizes: Tensor,
    sortedIndices: Tensor | null = null,
    unsortedIndices: Tensor | null = null,
    order?: readonly number[],
  ) {
    if (batchSizes.device !== "cpu") {
      throw new ValueError(
        "batch_sizes should always be on CPU. Instances of PackedSequence should never be created manually. They should be " +
          "instantiated by functions like pack_sequence and pack_padded_sequences in nn.utils.rnn. ",
      );
    }
    this.data = data;
    this.batchSizes = batchSizes;
    this.sortedIndices = sortedIndices;
    this.unsortedIndices = unsortedIndices ?? invertPermutation(sortedIndices);
    this.order = order;
  }

  /**
   * Other data of the same layout.
   * Follows torch.nn.utils.rnn.PackedSequence.
   * @example
   * const packed = nn.utils.rnn.packSequence([torch.tensor([1, 2]), torch.tensor([3])]);
   * packed.with(packed.data.mul(10)).data; // tensor([10., 30., 20.])
   */
  with(data: Tensor): PackedSequence {
    return new PackedSequence(data, this.batchSizes, this.sortedIndices, this.unsortedIndices, this.order);
  }
  /**
   * Moves the data to a device or casts it; the indices move along.
   * Follows torch.nn.utils.rnn.PackedSequence.to.
   * @example
   * nn.utils.rnn.packSequence([torch.tensor([1, 2]), torch.tensor([3])]).to("int64").data; // tensor([1, 3, 2])
   */
  to(target: Device | DType): PackedSequence {
    const move = (t: Tensor | null): Tensor | null => t && (t.to({ device: data.device }) as Tensor);
    const data = this.data.to(target as Device) as Tensor;
    if (data === this.data) return this;
    const { batchSizes, sortedIndices, unsortedIndices, order } = this;
    return new PackedSequence(data, batchSizes, move(sortedIndices), move(unsortedIndices), order);
  }

  /**
   * As PyTorch prints it.
   * @example
   * String(nn.utils.rnn.packSequence([torch.tensor([1, 2]), torch.tensor([3])])); // "PackedSequence(data=tensor([1., 3., 2.]), batch_sizes=tensor([2, 1]), sorted_indices=None, unsorted_indices=None)"
   */
  toString(): string {
    const { data, batchSizes, sortedIndices, unsortedIndices } = this;
    const text = (t: Tensor | null): string => (t === null ? "None" : String(t));
    return (
      `PackedSequence(data=${text(data)}, batch_sizes=${text(batchSizes)}, ` +
      `sorted_indices=${text(sortedIndices)}, unsorted_indices=${text(unsortedIndices)})`
    );
  }
  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return this.toString();
  }
  [Symbol.for("Deno.customInspect")](): string {
    return this.toString();
  }
}

type PackRest = Rest<[batchFirst: boolean, enforceSorted: boolean], { batchFirst?: boolean; enforceSorted?: boolean }>;

/**
 * Packs a padded batch; follows torch.nn.utils.rnn.pack_padded_sequence.
 * @param input [T, N, *], or [N, T, *] with `batchFirst`
 * @param lengths of the sequences, longest first unless `enforceSorted` is off
 * @throws RuntimeError, ValueError for lengths that do not fit
 * @example
 * const batch = torch.tensor([[1, 2, 3], [4, 5, 0]]);
 * nn.utils.rnn.packPaddedSequence(batch, [3, 2], { batchFirst: true }).data; // tensor([1., 4., 2., 5., 3.])
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: Tensor | readonly number[],
  ...rest: PackRest
): PackedSequence {
  const { batchFirst, enforceSorted } = take("pack_padded_sequence", rest, { batchFirst: false, enforceSorted: true });
  let sizes = numbers(lengths);
  let sorted: Tensor | null = null;
  let order: number[] | undefined;
  if (!enforceSorted) {
    order = sizes.map((_, i) => i).sort((i, j) => sizes[j]! - sizes[i]!);
    sizes = order.map((i) => sizes[i]!);
    sorted = longs(order).to(input.device) as Tensor;
    input = input.indexSelect(batchFirst ? 0 : 1, sorted);
  }
  if (batchFirst) input = input.transpose(0, 1);
  const batch = input.size(1);
  if (sizes.length !== batch) {
    throw new RuntimeError(
      `Expected \`len(lengths)\` to be equal to batch_size, but got ${sizes.length} (batch_size=${batch})`,
    );
  }
  if (input.numel() === 0) throw new RuntimeError("Cannot pack empty tensors.");
  if (!(Math.min(...sizes) > 0)) {
    throw new RuntimeError(
      "Length of all samples has to be greater than 0, but found an element in 'lengths' that is <= 0",
    );
  }
  if (sizes.some((size, i) => i > 0 && size > sizes[i - 1]!)) {
    throw new RuntimeError(
      "`lengths` array must be sorted in decreasing order when `enforce_sorted` is True. You can pass " +
        "`enforce_sorted=False` to pack_padded_sequence and/or pack_sequence to sidestep this requirement if you do not need " +
        "ONNX exportability.",
    );
  }
  const steps: Tensor[] = [];
  const batchSizes: number[] = [];
  for (let running = batch, begin = 0; running > 0; running--) {
    const end = sizes[running - 1]!;
    if (end === begin) continue;
    steps.push(
      input
        .narrow(0, begin, end - begin)
        .narrow(1, 0, running)
        .reshape([-1, ...input.shape.slice(2)]),
    );
    while (begin < end) begin = batchSizes.push(running);
  }
  return new PackedSequence(torch.cat(steps), longs(batchSizes), sorted, null, order);
}

export interface PadPackedOptions {
  batchFirst?: boolean;
  paddingValue?: number;
  /** Pads to this length rather than to the longest sequence's. */
  totalLength?: number | null;
}

/**
 * The padded batch [T, N, *] (or [N, T, *]) of a packed sequence, and the lengths; follows
 * torch.nn.utils.rnn.pad_packed_sequence.
 * @throws ValueError when `totalLength` is too short
 * @example
 * const packed = nn.utils.rnn.packSequence([torch.tensor([1, 2, 3]), torch.tensor([4, 5])]);
 * const [output, lengths] = nn.utils.rnn.padPackedSequence(packed, { batchFirst: true });
 * output; // tensor([[1., 2., 3.], [4., 5., 0.]])
 */
export function padPackedSequence(
  sequence: PackedSequence,
  ...rest: Rest<[batchFirst: boolean, paddingValue: number, totalLength: number | null], PadPackedOptions>
): [output: Tensor, lengths: Tensor] {
  const options = { batchFirst: false, paddingValue: 0, totalLength: null as number | null };
  const { batchFirst, paddingValue, totalLength } = take("pad_packed_sequence", rest, options);
  const { data, unsortedIndices } = sequence;
  const batchSizes = numbers(sequence.batchSizes);
  const length = batchSizes.length;
  if (totalLength !== null && totalLength < length) {
    throw new ValueError(
      "Expected total_length to be at least the length of the longest sequence in input, but got " +
        `total_length=${totalLength} and max sequence length being ${length}`,
    );
  }
  const batch = batchSizes[0]!;
  const features = data.shape.slice(1);
  const around = Array<number>(2 * features.length).fill(0);
  const parts: Tensor[] = [];
  let row = 0;
  for (let step = 0; step < length;) {
    const running = batchSizes[step]!;
    let steps = 1;
    while (batchSizes[step + steps] === running) steps++;
    const part = data.narrow(0, row, steps * running).reshape([steps, running, ...features]);
    parts.push(running === batch ? part : pad(part, [...around, 0, batch - running], "constant", paddingValue));
    row += steps * running;
    step += steps;
  }
  let output = torch.cat(parts);
  if (totalLength !== null && totalLength > length) {
    output = pad(output, [...around, 0, 0, 0, totalLength - length], "constant", paddingValue);
  }
  let lengths = Array.from({ length: batch }, (_, i) => batchSizes.filter((size) => size > i).length);
  if (batchFirst) output = output.transpose(0, 1);
  if (unsortedIndices !== null) {
    output = output.indexSelect(batchFirst ? 0 : 1, unsortedIndices);
    const sorted = lengths;
    lengths = [...sorted];
    (sequence.order ?? numbers(sequence.sortedIndices!)).forEach((to, i) => (lengths[to] = sorted[i]!));
  }
  return [output, longs(lengths)];
}

/**
 * Sequences [L, *] of different lengths in one padded tensor [T, N, *], or [N, T, *] with `batchFirst`; follows
 * torch.nn.utils.rnn.pad_sequence.
 * @example
 * nn.utils.rnn.padSequence([torch.ones(3), torch.ones(2)], true); // tensor([[1., 1., 1.], [1., 1., 0.]])
 */
export function padSequence(
  sequences: Tensor | Iterable<Tensor>,
  ...rest: Rest<[batchFirst: boolean, paddingValue: number], { batchFirst?: boolean; paddingValue?: number }>
): Tensor {
  const { batchFirst, paddingValue } = take("pad_sequence", rest, { batchFirst: false, paddingValue: 0 });
  const list = sequences instanceof Tensor ? (sequences.unbind(0) as Tensor[]) : [...sequences];
  if (list.length === 0) throw new RuntimeError("received an empty list of sequences");
  const longest = Math.max(...list.map((sequence) => sequence.size(0)));
  const padded = list.map((sequence) => {
    const missing = longest - sequence.size(0);
    const around = Array<number>(2 * (sequence.ndim - 1)).fill(0);
    return missing === 0 ? sequence : pad(sequence, [...around, 0, missing], "constant", paddingValue);
  });
  return torch.stack(padded, batchFirst ? 0 : 1);
}

/**
 * The sequences of a padded batch, without the padding; follows torch.nn.utils.rnn.unpad_sequence.
 * @example
 * nn.utils.rnn.unpadSequence(torch.tensor([[1, 2], [3, 0]]), [2, 1], true); // [tensor([1., 2.]), tensor([3.])]
 */
export function unpadSequence(
  paddedSequences: Tensor,
  lengths: Tensor | readonly number[],
  ...rest: Rest<[batchFirst: boolean], { batchFirst?: boolean }>
): Tensor[] {
  const { batchFirst } = take("unpad_sequence", rest, { batchFirst: false });
  return numbers(lengths).map((length, i) => paddedSequences.select(batchFirst ? 0 : 1, i).narrow(0, 0, length));
}

/**
 * Packs sequences [L, *]; follows torch.nn.utils.rnn.pack_sequence.
 * @example
 * nn.utils.rnn.packSequence([torch.ones(3, 4), torch.ones(2, 4)]).batchSizes; // tensor([2, 2, 1])
 */
export function packSequence(
  sequences: Iterable<Tensor>,
  ...rest: Rest<[enforceSorted: boolean], { enforceSorted?: boolean }>
): PackedSequence {
  const { enforceSorted } = take("pack_sequence", rest, { enforceSorted: true });
  const list = [...sequences];
  const lengths = list.map((sequence) => sequence.size(0));
  return packPaddedSequence(padSequence(list), lengths, { enforceSorted });
}

/**
 * The sequences of a packed one; follows torch.nn.utils.rnn.unpack_sequence.
 * @example
 * nn.utils.rnn.unpackSequence(nn.utils.rnn.packSequence([torch.tensor([1, 2]), torch.tensor([3])])); // [tensor([1., 2.]), tensor([3.])]
 */
export function unpackSequence(packed: PackedSequence): Tensor[] {
  const [padded, lengths] = padPackedSequence(packed, true);
  return unpadSequence(padded, lengths, true);
}
