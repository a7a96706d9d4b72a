/** What examples/edge/service.ts answers, from the ten logits. */
export function answer(logits) {
  const highest = Math.max(...logits);
  const exps = Array.from(logits, (x) => Math.exp(x - highest));
  const sum = exps.reduce((a, b) => a + b);
  const probabilities = exps.map((x) => x / sum);
  const best = probabilities.indexOf(Math.max(...probabilities));
  return Response.json({ class: best, probability: probabilities[best], probabilities });
}
