// Parts of a tensor in a file, of which no more is read than lies between their elements.

import { IndexError } from "../error.ts";
import { asStrided } from "../gen/functions.ts";
import { scope } from "../memory/scope.ts";
import { fromBytes } from "../tensor/bytes.ts";
import { emptyHandle } from "../tensor/create.ts";
import { type Device, deviceCode, DTYPES } from "../tensor/dtype.ts";
import type { Index } from "../tensor/index.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Content } from "./fill.ts";
import { PIECE, type Source } from "./source.ts";

/** Gaps of at least so many bytes are jumped over; what is read in vain costs less than a read of its own. */
const GAP = 1 << 16;

interface Layout {
  sizes: number[];
  strides: number[];
  offset: number;
}

/** What indices select of a contiguous tensor: the view that they make of one without data. */
function layoutOf(shape: readonly number[], code: number, indices: readonly Index[]): Layout {
  if (indices.some((index) => typeof index !== "string" && typeof index !== "number" && index !== null)) {
    throw new IndexError('a slice of a file takes numbers, slices such as "1:3", null and "..."');
  }
  return scope(() => {
    const view = new Tensor(emptyHandle(shape, code, deviceCode("meta"))).at(...indices);
    return { sizes: view.shape, strides: view.stride(), offset: view.storageOffset() };
  });
}

/** The part that indices select, as `tensor.at(...indices)` would give it. */
export async function readSlice(
  source: Source,
  { content, start }: { content: Content; start: number },
  device: Device,
  indices: readonly Index[],
): Promise<Tensor> {
  const { code, decode } = content;
  const size = content.size!;
  const { sizes, strides, offset } = layoutOf(content.shape, code, indices);
  const result = new Tensor(emptyHandle(sizes, code, deviceCode(device)));
  if (sizes.includes(0) || device === "meta") return result;

  /** elements from the first to the last of the dimensions from `dim` on */
  const span = (dim: number, count = sizes[dim]!): number =>
    dim === sizes.length ? 1 : (count - 1) * strides[dim]! + span(dim + 1);

  /** Reads `count` indices of dimension `dim` at once: `prefix` are the indices of the dimensions before. */
  const readBlock = async (prefix: readonly number[], from: number, count: number, at: number): Promise<void> => {
    const dim = prefix.length;
    const length = span(dim, count) * size;
    const bytes = await source.read(start + at * size, length);
    scope(() => {
      const part = fromBytes(decode?.(bytes) ?? bytes, [length / size], DTYPES[code]!);
      const shape = dim === sizes.length ? [] : [count, ...sizes.slice(dim + 1)];
      const block = asStrided(part, shape, strides.slice(dim), 0);
      const target = result.at(...prefix);
      (dim === sizes.length ? target : target.narrow(0, from, count)).copy_(block);
    });
  };

  const readFrom = async (prefix: readonly number[], at: number): Promise<void> => {
    const dim = prefix.length;
    if (dim === sizes.length) return readBlock(prefix, 0, 1, at);
    const inner = span(dim + 1) * size;
    const step = strides[dim]! * size;
    const fits = inner <= PIECE && step - inner < GAP;
    const most = fits ? Math.max(1, Math.floor((PIECE - inner) / Math.max(1, step)) + 1) : 1;
    for (let i = 0; i < sizes[dim]!; i += most) {
      const position = at + i * strides[dim]!;
      if (fits) await readBlock(prefix, i, Math.min(most, sizes[dim]! - i), position);
      else await readFrom([...prefix, i], position);
    }
  };

  try {
    await readFrom([], offset);
  } catch (error) {
    result.dispose();
    throw error;
  }
  return result;
}
