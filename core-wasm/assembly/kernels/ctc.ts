// Connectionist temporal classification (Graves et al. 2006): the forward and backward recursions over the target with a
// blank around each label, in logarithms.
//
// Forward: operands 0 negative log likelihood [batch], 1 log alpha [batch, time, states], 2 log probabilities
// [time, batch, classes], 3 targets int64, 4 input lengths int64 [batch], 5 target lengths int64 [batch].
// Backward: 0 gradient of the log probabilities, 1 gradient of the result [batch], 2 log probabilities, 3 targets, 4 and 5
// lengths, 6 negative log likelihood, 7 log alpha. int(0) = time, int(1) = batch, int(2) = classes, int(3) = states =
// 2 * longest target + 1, int(4) = blank, int(5) = elements between the targets of two samples, 0 where they follow each
// other, int(6) = 1: infinite losses have no gradient. float32 or float64 (compute), contiguous.
// Cost: three exponentials a state and time step; time steps depend on each other.
import { Args } from "../dispatch/args";
import { Compute } from "../tensor/dtype";

/** Bytes of workspace of the backward kernel: two time steps of log beta. */
export function ctcWorkspace(states: i32): usize {
  return (<usize>states) << 4;
}

export function ctcLossKernel(args: Args): void {
  if (args.compute == Compute.F64) forward<f64>(args);
  else forward<f32>(args);
}

export function ctcLossBackwardKernel(args: Args): void {
  if (args.compute == Compute.F64) backward<f64>(args);
  else backward<f32>(args);
}

// @ts-ignore: decorator
@inline
function int64At(list: usize, i: i32): i32 {
  return <i32>load<i64>(list + ((<usize>i) << 3));
}

/** The label of a state: blanks at the even ones. */
// @ts-ignore: decorator
@inline
function labelOf(targets: usize, state: i32, blank: i32): i32 {
  return state & 1 ? int64At(targets, state >> 1) : blank;
}

/** log(exp(a) + exp(b) + exp(c)) */
function logSum(a: f64, b: f64, c: f64): f64 {
  const high = max<f64>(max<f64>(a, b), c);
  if (high == -Infinity) return high;
  return high + Math.log(Math.exp(a - high) + Math.exp(b - high) + Math.exp(c - high));
}

// @ts-ignore: decorator
@inline
function at<T>(list: usize, i: i32): f64 {
  return <f64>load<T>(list + <usize>i * sizeof<T>());
}

function forward<T>(args: Args): void {
  const batch = args.int(1);
  const classes = args.int(2);
  const states = args.int(3);
  const blank = args.int(4);
  const step = <usize>(batch * classes) * sizeof<T>();
  let targets = args.operand(3).data;
  for (let n = 0; n < batch; n++) {
    const time = int64At(args.operand(4).data, n);
    const length = int64At(args.operand(5).data, n);
    const last = 2 * length;
    const probabilities = args.operand(2).data + <usize>(n * classes) * sizeof<T>();
    const alpha = args.operand(1).data + <usize>(n * args.int(0) * states) * sizeof<T>();
    for (let t = 0; t < time; t++) {
      const row = alpha + <usize>(t * states) * sizeof<T>();
      const before = row - <usize>states * sizeof<T>();
      const logs = probabilities + <usize>t * step;
      for (let s = 0; s <= last; s++) {
        const label = labelOf(targets, s, blank);
        let value: f64;
        if (t == 0) value = s < 2 ? 0 : -Infinity;
        else {
          const skips = s > 1 && (s & 1) == 1 && labelOf(targets, s - 2, blank) != label;
          value = logSum(
            at<T>(before, s),
            s > 0 ? at<T>(before, s - 1) : -Infinity,
            skips ? at<T>(before, s - 2) : -Infinity,
          );
        }
        store<T>(row + <usize>s * sizeof<T>(), <T>(value + at<T>(logs, label)));
      }
    }
    let likelihood: f64;
    if (time == 0) likelihood = length == 0 ? 0 : -Infinity;
    else {
      const end = alpha + <usize>((time - 1) * states) * sizeof<T>();
      likelihood = logSum(at<T>(end, last), length > 0 ? at<T>(end, last - 1) : -Infinity, -Infinity);
    }
    store<T>(args.operand(0).data + <usize>n * sizeof<T>(), <T>-likelihood);
    targets += (<usize>(args.int(5) > 0 ? args.int(5) : length)) << 3;
  }
}

function backward<T>(args: Args): void {
  const steps = args.int(0);
  const batch = args.int(1);
  const classes = args.int(2);
  const states = args.int(3);
  const blank = args.int(4);
  const stepElements = batch * classes;
  let targets = args.operand(3).data;
  for (let n = 0; n < batch; n++) {
    const time = int64At(args.operand(4).data, n);
    const length = int64At(args.operand(5).data, n);
    const last = 2 * length;
    const offset = <usize>(n * classes) * sizeof<T>();
    const probabilities = args.operand(2).data + offset;
    const out = args.operand(0).data + offset;
    const alpha = args.operand(7).data + <usize>(n * steps * states) * sizeof<T>();
    const loss = at<T>(args.operand(6).data, n);
    const grad = at<T>(args.operand(1).data, n);
    const none = args.int(6) != 0 && loss == Infinity;
    let beta = args.workspace;
    let after = args.workspace + ((<usize>states) << 3);
    for (let t = steps - 1; t >= 0; t--) {
      const place = <usize>(t * stepElements) * sizeof<T>();
      const row = out + place;
      if (t >= time || none) {
        memory.fill(row, 0, <usize>classes * sizeof<T>());
        continue;
      }
      const logs = probabilities + place;
      for (let c = 0; c < classes; c++) store<T>(row + <usize>c * sizeof<T>(), <T>-Infinity);
      for (let s = last; s >= 0; s--) {
        const label = labelOf(targets, s, blank);
        let value: f64;
        if (t == time - 1) value = s >= last - 1 ? 0 : -Infinity;
        else {
          const skips = s < last - 1 && (s & 1) == 1 && labelOf(targets, s + 2, blank) != label;
          value = logSum(
            at<f64>(after, s),
            s < last ? at<f64>(after, s + 1) : -Infinity,
            skips ? at<f64>(after, s + 2) : -Infinity,
          );
        }
        value += at<T>(logs, label);
        store<f64>(beta + ((<usize>s) << 3), value);
        const both = value + at<T>(alpha, t * states + s);
        const sum = row + <usize>label * sizeof<T>();
        store<T>(sum, <T>logSum(<f64>load<T>(sum), both, -Infinity));
      }
      for (let c = 0; c < classes; c++) {
        const log = at<T>(logs, c);
        const share = Math.exp(at<T>(row, c) + loss - log);
        store<T>(row + <usize>c * sizeof<T>(), <T>((Math.exp(log) - share) * grad));
      }
      const swap = beta;
      beta = after;
      after = swap;
    }
    targets += (<usize>(args.int(5) > 0 ? args.int(5) : length)) << 3;
  }
}
