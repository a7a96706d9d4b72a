// What a runtime in a thread is asked, in test/hosts/transfer.test.ts and in pages: draws weights of its own and multiplies.

/** @param torch the thread's own package */
export function answer(torch, message) {
  const { x, seed } = torch.fromTransferable(message);
  torch.manualSeed(seed);
  const weights = torch.randn(x.shape[1], 3, { requiresGrad: true });
  const y = x.matmul(weights);
  y.sum().backward();
  return torch.toTransferable({ y: y.detach(), weights, gradient: weights.grad, seed });
}
