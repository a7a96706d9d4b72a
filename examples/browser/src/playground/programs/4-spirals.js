// Two spirals and a small network
const n = 200;
const radius = torch.linspace(0.1, 1, n);
const arm = (turn) => {
  const angle = radius
    .mul(9)
    .add(turn)
    .add(torch.randn([n]).mul(0.12));
  return torch.stack([radius.mul(angle.cos()), radius.mul(angle.sin())], 1);
};
const inputs = torch.cat([arm(0), arm(Math.PI)]);
const targets = torch.cat([torch.zeros([n]), torch.ones([n])]).long();

const model = new nn.Sequential(
  new nn.Linear(2, 32),
  new nn.Tanh(),
  new nn.Linear(32, 32),
  new nn.Tanh(),
  new nn.Linear(32, 2),
);
const optimizer = new optim.Adam(model.parameters(), { lr: 0.01 });
print(model);

// the plane, on which the network is asked
const side = 96;
const ticks = torch.linspace(-1.1, 1.1, side);
const [down, right] = torch.meshgrid(ticks, ticks, { indexing: "ij" });
const plane = torch.stack([right.flatten(), down.flatten()], 1);

const losses = [];
for (let step = 1; step <= 600; step++) {
  torch.scope(() => {
    optimizer.zeroGrad();
    const loss = F.crossEntropy(model(inputs), targets);
    loss.backward();
    optimizer.step();
    losses.push(loss.item());
    if (step % 20) return;
    const answer = torch.noGrad(() => F.softmax(model(plane), 1).select(1, 1).view([side, side]));
    image(answer, { title: "where the network sees the second spiral" });
    plot(losses, { title: "loss" });
  });
}
const correct = torch.noGrad(() => model(inputs).argmax(1).eq(targets).float().mean());
print("accuracy:", correct.item());
