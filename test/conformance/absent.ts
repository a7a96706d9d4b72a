// Public names of PyTorch that the library does not have, with the reason.
import type { Torch } from "./runtime.ts";
import { camelCase } from "./value.ts";

/** The first that fits a name, with its namespace, is its reason. */
const REASONS: [pattern: RegExp, reason: string][] = [
  [
    /sparse|coo\b|csr\b|csc\b|bsr\b|bsc\b|coalesce|crow|ccol|col_indices|row_indices|smm\b|spmm|saddmm|sspaddmm|dsmm|Tensor\.(indices|values|to_dense|dense_dim)$/,
    "Sparse tensors",
  ],
  [/quant|fbgemm|qscheme|Tensor\.q_|torch\.q_|int_repr|fused_moving|choose_qparams|observ/, "Quantised tensors"],
  [
    /cudnn|miopen|mkldnn|cuda|xpu|\bipu|mps\b|is_ort|hpu|vulkan|pin_memory|is_pinned|record_stream|batch_norm_(backward|elemt|gather|stats|update)|DataParallel|SyncBatchNorm|Distributed|is_distributed|gpu_/,
    "Other devices, and several of them",
  ],
  [/autocast/, "Mixed precision by context"],
  [/(^|\.)(align_|refine_names|rename|has_names|names$|name$)/, "Named dimensions"],
  [/_copy$/, "Views that copy, for PyTorch's compilers"],
  [
    /parse_|import_ir|fork$|wait$|merge_type|unify_type|get_file_path|vital|compiled_with|classproperty|typename|torch\.obj|candidate|init_num_threads|prepare_multi|torch_function|boolean_dispatch|assert_int|DataPipe|datapipe|DataChunk|DataLoader2|runtime_validation|SavedTensor|NestedIOFunction|Profiler|profiler|kineto|Variable|variable|RNN(Cell)?Base|is_nested|padded_tensor|is_meta|unsafe_|is_(anomaly|conj|neg)|set_anomaly|conj_physical_|native_|skip_init|same_size|embedding_renorm/,
    "Inner workings of Python's and TorchScript's side",
  ],
  [
    /num_threads|num_interop|flush_denormal|deterministic|float32_matmul_precision|warn_always|default_tensor_type/,
    "Settings of PyTorch's own build: one thread, deterministic, float32 as it is",
  ],
  [
    /Tensor\.(numpy|apply_|map_|map2_|new$|new_tensor|share_memory_|is_shared|storage|storage_type|as_subclass|reinforce|volatile|output_nr|set_|is_set_to|layout|resize\w*|cdouble|cfloat|chalf)|dlpack|from_file|frombuffer|is_storage|asarray/,
    "Python's memory and objects: typed arrays, `torch.fromBuffer` and `x.data()` are JavaScript's ways",
  ],
  [
    /bessel|airy|chebyshev|hermite|laguerre|legendre|zeta|igamma|gammainc|mvlgamma|multigammaln|polygamma|erfcx|i0e|i1e/,
    "Special functions beyond those of ordinary networks",
  ],
  [
    /lobpcg|pca_lowrank|svd_lowrank|geqrf|orgqr|ormqr|householder|ldl_|[.]lu(_|$)|solve_ex|[.](sym)?eig/,
    "Factorisations other than those of `torch.linalg`",
  ],
  [
    /torch\.(lstsq|symeig|solve|matrix_rank|eig)|Tensor\.(lstsq|symeig|solve|eig)|nn\.Container|clip_grad_norm$|upsample$|Upsampling|NLLLoss2d|ndimension/,
    "Deprecated in PyTorch",
  ],
  [
    /grid_sampler|affine_grid_generator|norm_except_dim|frobenius_norm|nuclear_norm|dropout_$|\.(gru|lstm|rnn_\w+)(_cell)?$|resize_as_$|convert_conv2d/,
    "What `nn` and `nn.functional` are made of in PyTorch",
  ],
  [/\.Lazy|Uninitialized/, "Modules that learn their sizes at the first call"],
];

const ELSEWHERE = "Written as methods, or as functions of `nn.functional`";
const MISSING = "Not there yet";

const owners: Record<string, (torch: Torch) => any> = {
  torch: (torch) => torch,
  Tensor: (torch) => torch.Tensor.prototype,
};

const pathOf = (space: string) => space.split(".").map(camelCase);

/** Whether a name is there, in camelCase as PyTorch's words divide it or otherwise (setPrintOptions). */
function has(owner: any, name: string): boolean {
  if (!owner) return false;
  if (camelCase(name) in owner || name in owner) return true;
  const bare = (text: string) => text.replace(/_(?!$)/g, "").toLowerCase();
  return Object.keys(owner).some((key) => bare(key) === bare(name));
}

/** What a program writes for a function of torch that exists as a method, or in nn.functional. */
function elsewhere(torch: Torch, space: string, name: string): string | null {
  const own = camelCase(name);
  const method = own.replace(/_$/, "") + (name.endsWith("_") ? "_" : "");
  if (space === "torch" && method in torch.Tensor.prototype) return `x.${method}()`;
  if (space === "torch" && own in torch.nn.functional) return `nn.functional.${own}`;
  if (space === "nn.functional" && name.endsWith("_")) return `nn.functional.${own.slice(0, -1)} with inplace`;
  return null;
}

export async function absentNames(torch: Torch, names: Record<string, string>): Promise<string[]> {
  const groups = new Map<string, string[]>();
  const note = (reason: string, name: string) => groups.set(reason, [...(groups.get(reason) ?? []), name]);
  let count = 0;
  for (const [space, text] of Object.entries(names)) {
    const owner = (owners[space] ?? ((root: any) => pathOf(space).reduce((value, key) => value?.[key], root)))(torch);
    for (const name of text.split(" ")) {
      count++;
      if (has(owner, name)) continue;
      const full = `${space === "torch" || space === "Tensor" ? "" : "torch."}${space}.${name}`;
      if (elsewhere(torch, space, name)) note(ELSEWHERE, full);
      else note(REASONS.find(([pattern]) => pattern.test(full))?.[1] ?? MISSING, full);
    }
  }
  const order = [MISSING, ELSEWHERE, ...REASONS.map(([, reason]) => reason)];
  const absent = [...groups.values()].reduce((total, list) => total + list.length, 0);
  return [
    "",
    "## Names of PyTorch that are not there",
    "",
    `Of ${count} public names of PyTorch 1.13, ${count - absent} are there under the same name in camelCase.`,
    "",
    "| why | names |",
    "|---|---|",
    ...order
      .filter((reason) => groups.has(reason))
      .map(
        (reason) =>
          `| ${reason} | ${groups
            .get(reason)!
            .map((name) => `\`${name}\``)
            .join(" ")} |`,
      ),
  ];
}
