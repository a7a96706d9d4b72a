// Softmax and cross entropy, by hand and by name
const logits = torch.tensor([[3.2, 5.1, -1.7]]);
const target = torch.tensor([0]).long();

// by hand
const exp = logits.exp();
const probabilities = exp.div(exp.sum(1, true));
print("probabilities", probabilities);
print("-log p[0] =", -Math.log(probabilities.select(1, 0).item()));

// the same in one, which neither overflows nor loses digits
print("crossEntropy =", F.crossEntropy(logits, target));
print("nllLoss of logSoftmax =", F.nllLoss(F.logSoftmax(logits, 1), target));

// its gradient is softmax - oneHot
const leaf = logits.clone().requiresGrad_();
F.crossEntropy(leaf, target).backward();
print("gradient", leaf.grad);
print("softmax - oneHot", F.softmax(logits, 1).sub(F.oneHot(target, 3)));

const x = torch.linspace(-4, 4, 200);
plot(
  x,
  {
    relu: F.relu(x),
    gelu: F.gelu(x),
    silu: F.silu(x),
    tanh: x.tanh(),
    softplus: F.softplus(x),
  },
  { title: "activations" },
);
