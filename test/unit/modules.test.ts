import { expect, test } from "vitest";
import * as torch from "flambeau";
import printed from "./modules.json";

const { nn } = torch;
const camelCase = (name: string): string => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
const named = (values: Record<string, unknown>): unknown[] => {
  const entries = Object.entries(values).map(([name, value]) => [camelCase(name), value]);
  return entries.length > 0 ? [Object.fromEntries(entries)] : [];
};

class Net extends nn.Module {
  hidden = new nn.Linear(2, 3);
  outputLayer = new nn.Linear(3, 1);
  scale = new nn.Parameter(torch.ones([1]));
  forward(x: torch.Tensor): torch.Tensor {
    return this.outputLayer(nn.functional.relu(this.hidden(x))).mul(this.scale);
  }
}

test("modules print as PyTorch prints them", () => {
  for (const { name, args, kwargs, text } of printed) {
    const Class = (nn as unknown as Record<string, new (...args: unknown[]) => object>)[name]!;
    expect(String(new Class(...args, ...named(kwargs))), name).toBe(text);
  }
});

test("a module is a function with the module's own name, length and apply", () => {
  const net = new Net();
  expect(typeof net).toBe("function");
  expect(net).toBeInstanceOf(nn.Module);
  expect(net(torch.ones([4, 2])).shape).toEqual([4, 1]);
  const seen: string[] = [];
  net.apply((module) => seen.push(module.constructor.name));
  expect(seen).toEqual(["Linear", "Linear", "Net"]);
  expect("name" in net || "length" in net).toBe(false);
});

test("a module without forward says so", () => {
  // @ts-expect-error what TypeScript says at once, JavaScript learns at the call
  class Empty extends nn.Module {}
  expect(() => new Empty()(torch.ones(1))).toThrow('Module [Empty] is missing the required "forward" function');
});

test("what is assigned is registered, under PyTorch's spelling of its name", () => {
  const net = new Net();
  const names = ["scale", "hidden.weight", "hidden.bias", "output_layer.weight", "output_layer.bias"];
  expect(Array.from(net.namedParameters(), ([name]) => name)).toEqual(names);
  expect(Object.keys(net.stateDict())).toEqual(names);
  expect(Array.from(net.namedModules(), ([name]) => name)).toEqual(["", "hidden", "output_layer"]);
});

test("a parameter that is shared counts once among parameters and twice in the state dict", () => {
  const net = new Net();
  const other = new nn.Linear(2, 3);
  net.hidden.weight = other.weight;
  const both = new nn.Sequential(net.hidden, other);
  expect([...both.parameters()].length).toBe(3);
  expect(Object.keys(both.stateDict()).length).toBe(4);
});

test("loading a state dict copies its values, or says in PyTorch's words what does not fit and changes nothing", () => {
  const [a, b] = [new Net(), new Net()];
  expect(b.loadStateDict(a.stateDict())).toEqual({ missingKeys: [], unexpectedKeys: [] });
  expect(b.hidden.weight.tolist()).toEqual(a.hidden.weight.tolist());
  const before = b.scale.tolist();
  expect(() =>
    b.loadStateDict({ scale: torch.zeros([1]), extra: torch.ones([1]), "hidden.bias": torch.ones([2]) }),
  ).toThrow(
    "Error(s) in loading state_dict for Net:\n" +
      '\tMissing key(s) in state_dict: "hidden.weight", "output_layer.weight", "output_layer.bias". \n' +
      '\tUnexpected key(s) in state_dict: "extra". \n' +
      "\tsize mismatch for hidden.bias: copying a param with shape torch.Size([2]) from checkpoint, " +
      "the shape in current model is torch.Size([3]).",
  );
  expect(b.scale.tolist()).toEqual(before);
  expect(b.loadStateDict({ scale: torch.zeros([1]) }, false).missingKeys.length).toBe(4);
  expect(b.scale.tolist()).toEqual([0]);
});

test("train and eval reach every module, and dropout heeds them", () => {
  const model = new nn.Sequential(new nn.Dropout(1), new nn.Sequential(new nn.Dropout(1)));
  const x = torch.ones([3]);
  expect(model(x).tolist()).toEqual([0, 0, 0]);
  expect(model.eval()(x).tolist()).toEqual([1, 1, 1]);
});

test("hooks see and replace arguments, results and gradients, until they are removed", () => {
  const net = new Net();
  const seen: unknown[] = [];
  const handles = [
    net.registerForwardPreHook((_, [x]) => {
      seen.push("before");
      return [x.mul(2)];
    }),
    net.registerForwardHook((_module, _args, result) => {
      seen.push("after");
      return result.mul(0);
    }),
    net.hidden.registerFullBackwardHook((_, gradInput, gradOutput) => {
      seen.push(
        gradInput.map((g) => g?.shape),
        gradOutput.map((g) => g?.shape),
      );
      return gradInput.map((g) => g && torch.ones([4, 2]));
    }),
  ];
  const x = torch.ones([4, 2]).requiresGrad_();
  const y = net(x);
  expect(y.abs().tolist()).toEqual([[0], [0], [0], [0]]);
  y.sum().backward();
  expect(seen).toEqual(["before", "after", [[4, 2]], [[4, 3]]]);
  expect(x.grad!.tolist()).toEqual([
    [2, 2],
    [2, 2],
    [2, 2],
    [2, 2],
  ]);
  for (const handle of handles) handle.remove();
  net(x);
  expect(seen.length).toBe(4);
});

test("registration refuses names and values as PyTorch does, and what is registered is found by name", () => {
  const net = new Net();
  expect(net.getSubmodule("hidden")).toBe(net.hidden);
  expect(net.getSubmodule("")).toBe(net);
  expect(net.getParameter("output_layer.weight")).toBe(net.outputLayer.weight);
  const buffer = torch.ones([2]);
  net.registerBuffer("seen", buffer, false);
  expect(net.getBuffer("seen")).toBe(buffer);
  expect("seen" in net.stateDict()).toBe(false);
  expect(() => net.getSubmodule("hidden.deeper")).toThrow("Linear has no attribute `deeper`");
  expect(() => net.getSubmodule("scale")).toThrow("`scale` is not an nn.Module");
  expect(() => net.getParameter("hidden")).toThrow("`hidden` is not an nn.Parameter");
  expect(() => net.getBuffer("scale")).toThrow("`scale` is not a buffer");
  expect(() => net.registerBuffer("a.b", null)).toThrow('buffer name can\'t contain "."');
  expect(() => net.registerParameter("", null)).toThrow('parameter name can\'t be empty string ""');
  expect(() => net.addModule("scale", new nn.Identity())).toThrow("attribute 'scale' already exists");
  expect(() => net.registerParameter("x", torch.ones([1]) as torch.nn.Parameter)).toThrow(
    "cannot assign 'torch.FloatTensor' object to parameter 'x' (torch.nn.Parameter or None required)",
  );
  expect(() => net.addModule("x", {} as torch.nn.AnyModule)).toThrow("dict is not a Module subclass");
});

test("entries leave lists and dicts of modules", () => {
  const model = new nn.Sequential({ first: new nn.ReLU(), second: new nn.Tanh(), third: new nn.Sigmoid() });
  expect(String(model.pop(1))).toBe("Tanh()");
  expect(Array.from(model.namedChildren(), ([name]) => name)).toEqual(["0", "1"]);
  expect(String(model.pop())).toBe("Sigmoid()");
  expect(() => model.pop(3)).toThrow("index 3 is out of range");
  const list = new nn.ParameterList([torch.ones([1]), torch.zeros([1])]);
  expect(list.pop(-2).item()).toBe(1);
  expect([...list].map((parameter) => parameter.item())).toEqual([0]);
});

test("hooks on state dicts, and state that is no tensor", () => {
  class Counter extends nn.Module {
    count = 3;
    forward(x: torch.Tensor): torch.Tensor {
      return x;
    }
    override getExtraState(): unknown {
      return this.count;
    }
    override setExtraState(state: unknown): void {
      this.count = state as number;
    }
  }
  const model = new nn.Sequential(new Counter(), new nn.Linear(1, 1));
  const [counter, linear] = [model[0] as Counter, model[1] as torch.nn.Linear];
  const hook = linear.registerStateDictPostHook((_, state, prefix) => {
    state[`${prefix}renamed`] = state[`${prefix}bias`]!;
    delete state[`${prefix}bias`];
  });
  const state = model.stateDict();
  expect(Object.keys(state)).toEqual(["0._extra_state", "1.weight", "1.renamed"]);
  expect(model.stateDict({ prefix: "p.", keepVars: true })["p.1.weight"]).toBe(linear.weight);
  hook.remove();
  counter.count = 0;
  expect(() => model.loadStateDict(state)).toThrow('Missing key(s) in state_dict: "1.bias"');
  expect(counter.count).toBe(0);
  linear.registerLoadStateDictPreHook((_, given, prefix) => {
    given.set(`${prefix}bias`, given.get(`${prefix}renamed`));
  });
  expect(() => model.loadStateDict(state)).toThrow('Unexpected key(s) in state_dict: "1.renamed"');
  model.registerLoadStateDictPostHook((_, keys) => void keys.unexpectedKeys.splice(0));
  expect(model.loadStateDict(state)).toEqual({ missingKeys: [], unexpectedKeys: [] });
  expect(counter.count).toBe(3);
});

test("hooks that come first, and hooks on the gradients of results", () => {
  const layer = new nn.Linear(1, 1, false);
  const seen: number[] = [];
  layer.registerForwardHook(() => void seen.push(1));
  layer.registerForwardHook(() => void seen.push(0), { prepend: true });
  layer.registerFullBackwardPreHook((_, [grad]) => [grad!.mul(10)]);
  layer(torch.ones([1, 1]))
    .sum()
    .backward();
  expect(seen).toEqual([0, 1]);
  expect(layer.weight.grad!.item()).toBe(10);
});

test("to changes the tensors that optimizers and others hold, not the objects", () => {
  const net = new Net();
  const { weight } = net.hidden;
  net(torch.ones([4, 2]))
    .sum()
    .backward();
  net.double();
  expect(net.hidden.weight).toBe(weight);
  expect([weight.dtype, weight.grad!.dtype, weight.requiresGrad, weight.isLeaf]).toEqual([
    "float64",
    "float64",
    true,
    true,
  ]);
  expect(net(torch.ones([4, 2], { dtype: "float64" })).dtype).toBe("float64");
});

test("a deep copy has parameters of its own and computes the same", () => {
  const net = new nn.Sequential(new nn.Linear(2, 3), new nn.BatchNorm1d(3), new nn.Linear(3, 1));
  const copy = net.deepCopy();
  const x = torch.randn([5, 2]);
  expect(copy(x).tolist()).toEqual(net(x).tolist());
  torch.noGrad(() => (copy[0] as torch.nn.Linear).weight.zero_());
  expect(copy(x).tolist()).not.toEqual(net(x).tolist());
  expect(Object.keys(copy.stateDict())).toEqual(Object.keys(net.stateDict()));
});

test("parameters outlive the scope they were made in", () => {
  const net = torch.scope(() => {
    const made = new Net();
    return { made };
  }).made;
  expect(net(torch.ones([1, 2])).shape).toEqual([1, 1]);
});

test("a setting that a module does not have is refused by name", () => {
  expect(() => new nn.Linear(2, 3, { biass: false } as object)).toThrow(
    "Linear() got an unexpected keyword argument 'biass'",
  );
});

test("an optimizer's state goes through a state dict with PyTorch's names and trains on alike", () => {
  const data = torch.randn([8, 2]);
  const run = (net: Net, optimizer: torch.optim.Adam, steps: number): void => {
    for (let i = 0; i < steps; i++) {
      optimizer.zeroGrad();
      net(data).square().mean().backward();
      optimizer.step();
    }
  };
  const net = new Net();
  const optimizer = new torch.optim.Adam(net.parameters(), { lr: 0.01, weightDecay: 0.1 });
  run(net, optimizer, 3);
  const saved = optimizer.stateDict();
  expect(saved.param_groups[0]).toEqual({
    lr: 0.01,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weight_decay: 0.1,
    amsgrad: false,
    maximize: false,
    foreach: null,
    capturable: false,
    differentiable: false,
    fused: false,
    params: [0, 1, 2, 3, 4],
  });
  expect(Object.keys(saved.state[0]!)).toEqual(["step", "exp_avg", "exp_avg_sq"]);
  const copy = net.deepCopy();
  const resumed = new torch.optim.Adam(copy.parameters());
  resumed.loadStateDict(saved);
  run(net, optimizer, 2);
  run(copy, resumed, 2);
  expect(copy.hidden.weight.tolist()).toEqual(net.hidden.weight.tolist());
});

test("bad optimizer arguments are errors in PyTorch's words", () => {
  expect(() => new torch.optim.SGD([], { lr: 0.1 })).toThrow("optimizer got an empty parameter list");
  const parameter = new nn.Parameter(torch.ones([2]));
  expect(() => new torch.optim.SGD([parameter])).toThrow("parameter group didn't specify a value of required");
  expect(() => new torch.optim.SGD([parameter], { lr: -1 })).toThrow("Invalid learning rate: -1");
  expect(() => new torch.optim.SGD([parameter.mul(2)], { lr: 1 })).toThrow("can't optimize a non-leaf Tensor");
});

// as torch.optim of Python says it
test.each([
  ["Adam", { lr: -0.5 }, "Invalid learning rate: -0.5"],
  ["Adam", { betas: [1.5, 0.9] }, "Invalid beta parameter at index 0: 1.5"],
  ["AdamW", { weightDecay: -0.5 }, "Invalid weight_decay value: -0.5"],
  ["Adamax", { eps: -0.5 }, "Invalid epsilon value: -0.5"],
  ["Adamax", { weightDecay: -0.5 }, "Invalid weight_decay value: -0.5"],
  ["NAdam", { eps: -0.5 }, "Invalid epsilon value: -0.5"],
  ["NAdam", { momentumDecay: -0.5 }, "Invalid momentum_decay value: -0.5"],
  ["RAdam", { weightDecay: -0.5 }, "Invalid weight_decay value: -0.5"],
  ["SparseAdam", { lr: 0 }, "Invalid learning rate: 0.0"],
  ["SparseAdam", { eps: 0 }, "Invalid epsilon value: 0.0"],
  ["RMSprop", { alpha: -0.5 }, "Invalid alpha value: -0.5"],
  ["Adagrad", { initialAccumulatorValue: -0.5 }, "Invalid initial_accumulator_value value: -0.5"],
  ["Adagrad", { lrDecay: Number.NaN }, "Invalid lr_decay value: nan"],
  ["Adadelta", { rho: 1.5 }, "Invalid rho value: 1.5"],
  ["Adadelta", { weightDecay: -0.5 }, "Invalid weight_decay value: -0.5"],
  ["Rprop", { etas: [1.5, 2.5] }, "Invalid eta values: 1.5, 2.5"],
  ["ASGD", { weightDecay: -0.5 }, "Invalid weight_decay value: -0.5"],
])("optim.%s with %o: %s", (name, options, message) => {
  const parameters = [new nn.Parameter(torch.ones([2]))];
  const make = (torch.optim as unknown as Record<string, new (params: unknown, options: object) => unknown>)[name]!;
  expect(() => new make(parameters, options)).toThrow(new torch.ValueError(message));
});
