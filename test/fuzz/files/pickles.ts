// Pickles that nobody has written: opcodes in a likely order, with calls of whatever can be called.

import { concat, INTERESTING, mutate } from "./mutate.ts";
import type { Random } from "./random.ts";

const ALLOWED = [
  "collections OrderedDict",
  "collections Counter",
  "torch._utils _rebuild_tensor_v2",
  "torch._utils _rebuild_parameter",
  "torch._tensor _rebuild_from_type_v2",
  "torch.nn.parameter Parameter",
  "torch FloatStorage",
  "torch LongStorage",
  "torch BoolStorage",
  "torch ComplexFloatStorage",
  "torch float32",
  "torch Size",
  "torch device",
  "torch Tensor",
  "torch.serialization _get_layout",
  "builtins set",
  "__builtin__ frozenset",
  "builtins bytes",
  "_codecs encode",
  "numpy ndarray",
  "numpy dtype",
  "numpy.core.multiarray _reconstruct",
  "numpy.core.multiarray scalar",
  "numpy._core.numeric _frombuffer",
];
const FORBIDDEN = [
  "posix system",
  "os popen",
  "builtins eval",
  "builtins exec",
  "builtins getattr",
  "builtins __import__",
  "subprocess Popen",
  "torch load",
  "torch.nn.modules.linear Linear",
  "__proto__ constructor",
  "constructor ",
  " ",
];

const u32 = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];
const text = (value: string): (string | number[])[] => ["X", u32(value.length), value];

type Part = string | number[] | Uint8Array;

function globalOf(random: Random): Part[] {
  const [module, name] = random.pick(random.chance(0.85) ? ALLOWED : FORBIDDEN).split(" ") as [string, string];
  if (random.chance(0.2)) return [...text(module), ...text(name), [0x93]];
  return [`c${module}\n${name}\n`];
}

/** A number as a length that is mostly true and sometimes absurd. */
function length(random: Random, truth: number, size: number): number[] {
  const value = random.chance(0.9) ? BigInt(truth) : random.pick(INTERESTING);
  return Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

function storage(random: Random): Part[] {
  return [
    "(",
    ...text("storage"),
    ...(random.chance(0.9) ? [`ctorch\n${random.pick(["Float", "Long", "Bool", "Half"])}Storage\n`] : value(random, 3)),
    ...text(random.pick(["0", "1", "7"])),
    ...text(random.pick(["cpu", "cuda:0"])),
    ...(random.chance(0.8) ? [["K".charCodeAt(0), random.pick([0, 1, 2, 6, 255])]] : value(random, 3)),
    ...(random.chance(0.1) ? value(random, 3) : []),
    "tQ",
  ];
}

function sizes(random: Random): Part[] {
  const list = Array.from({ length: random.below(4) }, (): Part[] =>
    random.chance(0.9) ? [[0x4b, random.below(4)]] : [[0x8a, 8], length(random, random.below(9), 8)],
  );
  return ["(", ...list.flat(), "t"];
}

function tensor(random: Random): Part[] {
  return [
    ...(random.chance(0.9) ? ["ctorch._utils\n_rebuild_tensor_v2\n"] : globalOf(random)),
    "(",
    ...storage(random),
    [0x4b, random.below(3)],
    ...sizes(random),
    ...sizes(random),
    random.pick([[0x88], [0x89]]),
    "ccollections\nOrderedDict\n)RtR",
  ];
}

function array(random: Random): Part[] {
  const data = new Uint8Array(random.pick([0, 4, 8, 24]));
  return [
    "cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n",
    [0x4b, 0, 0x85],
    "U\x01b\x87R(",
    [0x4b, 1],
    ...sizes(random),
    `cnumpy\ndtype\n`,
    ...text(random.pick(["f4", "i8", "c8", "u2", "b1", "O8", "V3"])),
    [0x89, 0x88, 0x87],
    "R(",
    [0x4b, 3],
    ...text(random.pick(["<", ">", "|", "=", "!"])),
    "NNNtb",
    random.pick([[0x88], [0x89]]),
    ["B".charCodeAt(0), ...length(random, data.length, 4)],
    data,
    "tb",
  ];
}

/** A value, or what may pass for one. */
function value(random: Random, depth: number): Part[] {
  if (depth > 5) return ["N"];
  const next = (): Part[] => value(random, depth + 1);
  const several = (): Part[] => Array.from({ length: random.below(4) }, next).flat();
  const pairs = (): Part[] => Array.from({ length: random.below(4) }, () => [...next(), ...next()]).flat();
  switch (random.below(22)) {
    case 0:
      return ["N"];
    case 1:
      return [random.pick([[0x88], [0x89]])];
    case 2:
      return ["J", length(random, random.below(100), 4)];
    case 3:
      return [[0x8a, 8], length(random, 5, 8)];
    case 4: {
      const word = random.pick(["a", "weight", "__proto__", "0", "\xff"]);
      return ["X", length(random, word.length, 4), word];
    }
    case 5:
      return ["G", Uint8Array.from({ length: 8 }, () => random.below(256))];
    case 6:
      return [
        random.pick([
          "I01\n",
          "I5\n",
          "L99999999999999999999L\n",
          "Fnan\n",
          "F1e999\n",
          "S'a'\n",
          "Vé\n",
          "I\n",
          "F\n",
        ]),
      ];
    case 7:
      return ["](", ...several(), "e"];
    case 8:
      return ["}(", ...pairs(), "u"];
    case 9:
      return ["(", ...several(), "t"];
    case 10:
      return [...next(), [random.pick([0x85, 0x86, 0x87])]];
    case 11:
      return [[0x8f], "(", ...several(), [0x90]];
    case 12:
      return ["(", ...several(), [0x91]];
    case 13: // a call
      return [...globalOf(random), "(", ...several(), "tR"];
    case 14: // calls of other kinds
      return random.pick<() => Part[]>([
        () => [...globalOf(random), ")", [0x81]],
        () => [...globalOf(random), ")}", [0x92]],
        () => ["(", ...several(), "iposix\nsystem\n"],
        () => ["(", ...globalOf(random), ...several(), "o"],
        () => [[0x82, random.below(256)]],
        () => [[0x84, ...length(random, 1, 4)]],
      ])();
    case 15:
      return [...next(), ...next(), "b"];
    case 16:
      return [...next(), [0x71, random.below(4)]];
    case 17:
      return [[0x68, random.below(4)]];
    case 18: // something that contains itself
      return random.pick([
        ["]q\x00h\x00a"],
        ["}q\x01X\x01\x00\x00\x00ah\x01s"],
        ["]q\x02(h\x02ta"],
        [[0x8f], "q\x03(h\x03", [0x90]],
        ["]q\x04h\x04", [0x85], "a"],
      ]);
    case 19:
      return array(random);
    case 20:
      return random.chance(0.3) ? storage(random) : tensor(random);
    default:
      return tensor(random);
  }
}

/** Nested, shared and repeated as no writer does it. */
function monster(random: Random): Part[] {
  const count = random.pick([100, 1500, 20_000]);
  const many = (part: string): string => part.repeat(count);
  return random.pick<() => Part[]>([
    () => [many("]"), many("a").slice(1)],
    () => [many("("), many("t")],
    () => ["N", Array.from({ length: count }, () => 0x85)],
    () => ["]q\x00", many("]h\x00ah\x00aq\x00")],
    () => ["](", many("N"), "e"],
    () => ["N", many("2"), many("0")],
    () => [many("("), "N"],
    () => ["X", u32(1000), "a".repeat(1000), "q\x00](", many("h\x00"), "e"],
    () => [
      "c_codecs\nencode\nq\x01X",
      u32(1000),
      "a".repeat(1000),
      "X\x06\x00\x00\x00latin1",
      [0x86],
      "q\x02](",
      many("h\x01h\x02R"),
      "e",
    ],
    () => ["cbuiltins\nset\nq\x01](", many("N").slice(0, 1000), "e", [0x85], "q\x02](", many("h\x01h\x02R"), "e"],
    () => [many("L9").slice(0, 2000), "9".repeat(count), "L\n"],
    () => [[0x8b], u32(count), new Uint8Array(count).fill(0x7f)],
    () => [...array(random), "q\x05](", many("h\x05"), "e"],
  ])();
}

/** A pickle as a machine would have it, more or less. */
export function makePickle(random: Random): Uint8Array {
  const protocol = random.pick([0, 1, 2, 2, 2, 3, 4, 5, 6, 255]);
  const head: Part[] = protocol < 2 ? [] : [[0x80, protocol]];
  if (protocol >= 4 && random.chance(0.5)) head.push([0x95], length(random, 20, 8));
  const body = random.chance(0.06) ? monster(random) : value(random, 0);
  const bytes = concat(...head, ...body, random.chance(0.97) ? "." : "");
  return random.chance(0.25) ? mutate(bytes, random) : bytes;
}
