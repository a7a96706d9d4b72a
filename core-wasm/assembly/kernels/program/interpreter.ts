// The block interpreter of elementwise programs: runs each micro-op over a block of elements whose registers lie in the
// L1 cache. Cost: the bytes of the operands once; per micro-op and block one pass over L1.
import { Args } from "../../dispatch/args";
import { Kernel } from "../../dispatch/kernel";
import { Compute, computeType } from "../../tensor/dtype";
import { BLOCK, BLOCK_BYTES, SCRATCH_BYTES, isLane, loadBlock, readable, storeBlock } from "./blocks";
import { isDense, period } from "./elements";
import { micro32 } from "./micro32";
import { micro64 } from "./micro64";
import { integer } from "./microint";

const MAX_REGISTERS: i32 = 32;
// per register: address u32; per input: mode i32, period i32
const TABLE_BYTES: usize = 256;
const MODES: usize = 128;
const PERIODS: usize = 192;

/** Memory that one thread needs to run programs. */
export const ARENA_BYTES: usize = TABLE_BYTES + SCRATCH_BYTES + <usize>MAX_REGISTERS * BLOCK_BYTES;
/** this thread's */
let arena: usize = memory.data(256 + 2 * 4160 + 64 + 32 * 4160, 64);

export function setProgramArena(address: usize): void {
  arena = address;
}

const enum Mode {
  /** loaded, with or without conversion, in each block */
  Load = 0,
  /** the memory is the register, wherever a block lies within one period */
  Alias = 1,
  /** in its register since before the first block: the same in every block */
  Fixed = 2,
}

/** Fills a register with its first lane. */
// @ts-ignore: decorator
@inline function splat(register: usize, wide: i32, bytes: usize): void {
  const value = wide ? v128.load64_splat(register) : v128.load32_splat(register);
  for (let i: usize = 0; i < bytes; i += 16) v128.store(register + i, value);
}

// @ts-ignore: decorator
@inline function setScalar(register: usize, type: i32, value: f64): void {
  if (type == Compute.F32) store<f32>(register, <f32>value);
  else if (type == Compute.F64) store<f64>(register, value);
  else if (type == Compute.I32) store<i32>(register, <i32>(<i64>value));
  else store<i64>(register, <i64>value);
}

// @ts-ignore: decorator
@inline function execute(type: i32, op: i32, dst: usize, a: usize, b: usize, c: usize, bytes: usize): void {
  if (type == Compute.F32) micro32(op, dst, a, b, c, bytes);
  else if (type == Compute.F64) micro64(op, dst, a, b, c, bytes);
  else if (type == Compute.I32) integer<i32>(op, dst, a, b, c, bytes);
  else integer<i64>(op, dst, a, b, c, bytes);
}

/** A loop, since memory.copy costs more than all else for the few elements of a small tensor. */
// @ts-ignore: decorator
@inline function copyLanes(dst: usize, src: usize, bytes: usize): void {
  let i: usize = 0;
  for (; i + 16 <= bytes; i += 16) v128.store(dst + i, v128.load(src + i));
  for (; i < bytes; i += 4) store<u32>(dst + i, load<u32>(src + i));
}

/**
 * Operand 0: the output. Operands 1..: the inputs, broadcast to operand 0's shape. An update (Kernel.Update) has inputs alone,
 * all of one shape: results int(1), int(2), …, int(0) of them, are written to the first.
 */
export function programKernel(args: Args): void {
  programRange(args, 0, args.operand(0).numel, arena);
}

/** The same for the elements [begin, end) of the flat index space only; `begin` is a multiple of BLOCK. */
export function programPart(args: Args, begin: i32, end: i32): void {
  programRange(args, begin, end, arena);
}

function programRange(args: Args, begin: i32, end: i32, arena: usize): void {
  if (begin >= end) return;
  const program = args.program;
  const type = args.compute;
  const wide = type & 1;
  const shift = 2 + wide;
  const inputs = <i32>load<u8>(program);
  const params = <i32>load<u8>(program, 1);
  const consts = <i32>load<u8>(program, 2);
  const instructions = <i32>load<u8>(program, 3);
  const registers = <i32>load<u8>(program, 4);
  const result = <usize>load<u8>(program, 5);
  const resultIsMask = load<u8>(program, 6) != 0;
  const maskInputs = <i32>load<u8>(program, 7);
  const constants = program + 8;
  const code = constants + ((<usize>consts) << 3);
  const codeEnd = code + ((<usize>instructions) << 3);

  const scratch = arena + TABLE_BYTES;
  const blocks = scratch + SCRATCH_BYTES;
  const longest = min(end - begin, BLOCK);
  const longestBytes = (((<usize>longest) << shift) + 15) & ~15;

  for (let r = 0; r < registers; r++) store<usize>(arena + ((<usize>r) << 2), blocks + <usize>r * BLOCK_BYTES);

  const out = args.operand(0);
  const isUpdate = args.kernel == Kernel.Update;
  const first = i32(!isUpdate);
  for (let i = 0; i < inputs; i++) {
    const operand = args.operand(i + first);
    const dtype = operand.dtype;
    const mask = ((maskInputs >> i) & 1) != 0;
    const run = period(operand, out);
    let mode = isLane(dtype) && computeType(dtype) == type && !mask ? Mode.Alias : Mode.Load;
    if (run == 0) mode = Mode.Load;
    else if (run < end - begin && run <= BLOCK && (run & (run - 1)) == 0) {
      mode = Mode.Fixed;
      const register = blocks + <usize>i * BLOCK_BYTES;
      const count = run == 1 ? 1 : longest;
      const at = loadBlock(operand, out, run == 1 ? 0 : -1, type, mask, begin, count, register, scratch);
      if (run == 1) {
        store<u64>(register, load<u64>(at));
        splat(register, wide, longestBytes);
      }
    }
    store<i32>(arena + MODES + ((<usize>i) << 2), mode);
    store<i32>(arena + PERIODS + ((<usize>i) << 2), run);
  }
  for (let i = 0; i < params; i++) {
    const register = load<usize>(arena + ((<usize>(inputs + i)) << 2));
    setScalar(register, type, args.param(i));
    splat(register, wide, longestBytes);
  }
  for (let i = 0; i < consts; i++) {
    const register = load<usize>(arena + ((<usize>(inputs + params + i)) << 2));
    setScalar(register, type, load<f64>(constants + ((<usize>i) << 3)));
    splat(register, wide, longestBytes);
  }

  // the last micro-op may write to the output itself: in steps of 64 bytes only, so not in a block with a tail
  const outDense = isDense(out, out);
  const direct = outDense && isLane(out.dtype) && computeType(out.dtype) == type && !resultIsMask;
  const lastWrites = !isUpdate && codeEnd > code && <usize>load<u8>(codeEnd - 8, 1) == result;

  for (let at = begin; at < end; at += BLOCK) {
    const n = min(end - at, BLOCK);
    const bytes = (((<usize>n) << shift) + 15) & ~15;
    for (let i = 0; i < inputs; i++) {
      const slot = (<usize>i) << 2;
      const mode = load<i32>(arena + MODES + slot);
      if (mode == Mode.Fixed) continue;
      const operand = args.operand(i + first);
      const run = load<i32>(arena + PERIODS + slot);
      let dense = -1;
      if (run != 0) {
        const phase = at < run ? at : at % run;
        if (phase + n <= run) dense = phase;
      }
      let address = operand.data + ((<usize>dense) << shift);
      if (mode == Mode.Load || dense < 0 || !readable(address, bytes)) {
        const mask = ((maskInputs >> i) & 1) != 0;
        address = loadBlock(operand, out, dense, type, mask, at, n, blocks + <usize>i * BLOCK_BYTES, scratch);
      }
      store<usize>(arena + slot, address);
    }
    const intoOutput = direct && lastWrites && (((<usize>n) << shift) & 63) == 0;
    for (let p = code; p < codeEnd; p += 8) {
      let dst = load<usize>(arena + ((<usize>load<u8>(p, 1)) << 2));
      if (intoOutput && p + 8 == codeEnd) dst = out.data + ((<usize>at) << shift);
      execute(
        type,
        <i32>load<u8>(p),
        dst,
        load<usize>(arena + ((<usize>load<u8>(p, 2)) << 2)),
        load<usize>(arena + ((<usize>load<u8>(p, 3)) << 2)),
        load<usize>(arena + ((<usize>load<u8>(p, 4)) << 2)),
        bytes,
      );
    }
    if (intoOutput) continue;
    if (isUpdate) {
      for (let i = 0, count = args.int(0); i < count; i++) {
        const target = args.operand(i);
        const value = load<usize>(arena + ((<usize>args.int(1 + i)) << 2));
        storeBlock(target, isDense(target, out), type, false, at, n, value, scratch);
      }
      continue;
    }
    const value = load<usize>(arena + (result << 2));
    if (direct) copyLanes(out.data + ((<usize>at) << shift), value, (<usize>n) << shift);
    else storeBlock(out, outDense, type, resultIsMask, at, n, value, scratch);
  }
}

// A short way for programs of few elements, for which reading the argument block costs more than computing: float32, all in
// one block, every input in a row in memory or one number.

/** Input `i` lies at `address`. */
// @ts-ignore: decorator
@inline export function setBlock(i: i32, address: usize): void {
  store<usize>(arena + ((<usize>i) << 2), address);
}

/** Input `i` is a number. */
export function setNumber(i: i32, value: f32, n: i32): void {
  const register = arena + TABLE_BYTES + SCRATCH_BYTES + <usize>i * BLOCK_BYTES;
  store<usize>(arena + ((<usize>i) << 2), register);
  const v = f32x4.splat(value);
  for (let k: usize = 0; k < (<usize>n) << 2; k += 16) v128.store(register + k, v);
}

/** Runs `program` for the `n` elements at `out`. Its params are float64 at `params`. */
export function runBlock(program: usize, out: usize, n: i32, params: usize): void {
  const inputs = <i32>load<u8>(program);
  const paramsEnd = inputs + <i32>load<u8>(program, 1);
  const constsEnd = paramsEnd + <i32>load<u8>(program, 2);
  const registers = <i32>load<u8>(program, 4);
  const result = <usize>load<u8>(program, 5);
  let p = program + 8;
  for (let r = inputs; r < constsEnd; r++) {
    let at = params;
    if (r < paramsEnd) params += 8;
    else {
      at = p;
      p += 8;
    }
    setNumber(r, <f32>load<f64>(at), n);
  }
  const blocks = arena + TABLE_BYTES + SCRATCH_BYTES;
  for (let r = constsEnd; r < registers; r++) setBlock(r, blocks + <usize>r * BLOCK_BYTES);
  const codeEnd = p + ((<usize>load<u8>(program, 3)) << 3);
  const bytes = (<usize>n) << 2;
  const direct = (bytes & 63) == 0 && codeEnd > p && <usize>load<u8>(codeEnd - 8, 1) == result;
  const last = direct ? codeEnd - 8 : 0;
  for (; p < codeEnd; p += 8) {
    micro32(
      <i32>load<u8>(p),
      // the last alone writes there, since before it the inputs are needed, one of which may lie there
      p == last ? out : load<usize>(arena + ((<usize>load<u8>(p, 1)) << 2)),
      load<usize>(arena + ((<usize>load<u8>(p, 2)) << 2)),
      load<usize>(arena + ((<usize>load<u8>(p, 3)) << 2)),
      load<usize>(arena + ((<usize>load<u8>(p, 4)) << 2)),
      (bytes + 15) & ~15,
    );
  }
  if (!direct) copyLanes(out, load<usize>(arena + (result << 2)), bytes);
}
