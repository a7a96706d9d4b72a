/**
 * assembly/gen/programs.ts: the static tables of elementwise operations. They make elementwise ops data: the core has one
 * implementation (assembly/ops/elementwise.ts) for all of them, and one backward.
 *
 * An *entry* is one elementwise program with its dtype rule and its derivatives. Entries 0 … MICRO_COUNT-1 are the micro-ops
 * themselves (entry id = opcode), then come the entries of the records; a record has several when its expression depends
 * on an enum, a flag, an absent tensor or a specialised parameter (add with alpha = 1).
 *
 *   export const ELEMENTWISE: usize           the blob; 8-aligned; every offset below counts from here, 0 = absent
 *   export const ELEMENTWISE_COUNT: i32       number of entries
 *   export const MICRO_COUNT: i32             number of micro-ops
 *   export const enum El { add_1 = …, … }     ids
 *
 * Entry `id` at ELEMENTWISE + id * 64, little-endian:
 *    0 u8   number of tensor inputs n (≤ 8)
 *    1 u8   number of params (f64, as set with setElementwiseParam(i, value))
 *    2 u8   Rule: 0 promote  result dtype = compute dtype = promotion of the inputs
 *                 1 float    as 0, but integral and bool become float32
 *                 2 compare  compute in the promotion, result bool
 *                 3 logical  all inputs are masks, result bool; compute: I32
 *                 4 integral as 0; floating dtypes are refused
 *    3 u8   mask inputs, bitset: read as (x != 0), they do not take part in promotion
 *    4 u8   dtype of the result if fixed (overrides the rule's), else 255
 *    5 u8   inputs that some derivative reads, bitset: to be saved
 *    6 u8   1: some derivative reads the result: to be saved
 *    7 u8   differentiable inputs, bitset (0: the result never requires a gradient)
 *    8 u32  refused dtypes, bitset over the promoted dtype (before rule 1 turns it to float32): call refuse(id, dtype), which raises
 *   12 u32  forward program
 *   16 u32  forward program for integral compute dtypes (not bool), or 0: the one at 12
 *   20 u32  forward program for bool compute dtype, or 0: the one at 16, or 12
 *   24 u32  × 8: derivative with respect to input i, or 0: not differentiable
 *   56 u32  reserved
 *   60 u32  reserved
 *
 * A derivative, 8-aligned:
 *    0 u8   number of operands m (0 when the derivative is 0 everywhere: the program is a constant)
 *    1 u8   × 7: what operand j is: 0 grad, 1 … 8 saved input (k-1), 9 the saved result
 *    8      the encoded program, whose inputs are these operands and whose params are the entry's params
 * It runs in the compute type of grad's dtype over the result's shape; the value is then summed to the input's shape and cast
 * to the input's dtype.
 *
 * Encoded programs: see ops/encode.ts. outRegister may be an input, param or constant (identity, zeros): no instruction then.
 * With createGraph the engine runs a derivative instruction by instruction: instruction [opcode, dst, a, b, c] is the
 * recorded op elementwiseK(opcode, a, b, c), K = inputs of entry `opcode`; params and constants enter as wrapped float numbers,
 * mask registers are bool tensors. The entries of the micro-ops have derivatives themselves, so any order exists.
 *
 * What gen/ops.ts calls (assembly/ops/elementwise.ts); params are set immediately before:
 *   setElementwiseParam(i: i32, value: f64): void
 *   elementwise1(id, a): Tensor   elementwise2(id, a, b)   elementwise3(id, a, b, c)   elementwise4(id, a, b, c, d)     recorded
 *   elementwiseInPlace1(id, self): Tensor … elementwiseInPlace4(id, self, b, c, d)     recorded; writes into the first input
 * What the engine calls: elementwiseBackward(node) when node.op < ELEMENTWISE_COUNT, else backwardOf(node) of gen/derivatives.ts
 * (node ops of the other records are ELEMENTWISE_COUNT + k). Also from gen/programs.ts, over all node ops:
 *   opName(op: i32): string     "add"  (the record's name, for messages)
 *   nodeName(op: i32): string   "AddBackward0"
 *   refuse(id: i32, dtype: i32): void     raises the record's message for a dtype that it refuses
 */
