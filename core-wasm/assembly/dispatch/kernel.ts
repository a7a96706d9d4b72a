// The kernels by number, and the CPU's dispatch. A new kernel is a line in each of the two lists.
import { copyKernel, fillKernel } from "../kernels/copy";
import { programKernel } from "../kernels/program/interpreter";
import { reduceKernel } from "../kernels/reduce";
import { Args } from "./args";

export const enum Kernel {
  Program = 0,
  Copy = 1,
  Fill = 2,
  Reduce = 3,
}

export function runCpu(args: Args): void {
  switch (args.kernel) {
    case Kernel.Program:
      return programKernel(args);
    case Kernel.Copy:
      return copyKernel(args);
    case Kernel.Fill:
      return fillKernel(args);
    case Kernel.Reduce:
      return reduceKernel(args);
    default:
      unreachable();
  }
}
