// What a device other than the CPU reports, after the fact, about values that the CPU checks before it runs a kernel. The
// codes and their messages are gpu/faults.ts's.
export const enum Fault {
  None = 0,
  /** of gather and scatter */
  GatherIndex = 1,
  EmbeddingIndex = 3,
  /** of x[index] */
  Index = 4,
  IndexCopy = 5,
  /** of take and put */
  FlatIndex = 6,
  /** added to a code: negative indices are faults, too */
  FromFront = 128,
}
