export const enum Device {
  Cpu = 0,
  WebGpu = 1,
  /** computes nothing: for tests of dispatch, and for shapes without data ("meta") */
  Null = 2,
}
