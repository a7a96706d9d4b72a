// A transform of asc: string literals become text of one byte a character.
//
// asc lays every literal down as an object of its own: UTF-16 behind a header of 20 bytes. The core never looks into a
// string, it only hands literals to `msg` and its like (assembly/tensor/error.ts). So all of them go into one block, TEXT,
// each once and ended by a zero, and a literal in the sources becomes `changetype<string>(TEXT + offset)`: of type `string`
// for the checker, the address of a C string for whoever reads it. That is 7 kB less after gzip, and 70 kB less memory.
import * as assemblyscript from "assemblyscript";
import { Transform } from "assemblyscript/transform";
import { room } from "./constants.mjs";

const { LiteralKind, Node, NodeKind } = assemblyscript;
const SOURCES = "core-wasm/assembly/";
/** Where strings are paths and names, not values. */
const UNTOUCHED = new Set([NodeKind.Import, NodeKind.Export, NodeKind.Decorator]);

const isLiteral = (node) => node.kind === NodeKind.Literal && node.literalKind === LiteralKind.String;

export default class PackText extends Transform {
  #offsets = new Map();
  #bytes = [];

  afterParse(parser) {
    for (const source of parser.sources) {
      if (source.normalizedPath.startsWith(SOURCES)) this.#visit(source.statements);
    }
    const bytes = [...this.#bytes, ...room];
    parser.parseFile(`@global const TEXT: usize = memory.data<u8>([${bytes}]);`, `${SOURCES}TEXT.ts`, true);
    // globals must stand before their uses
    parser.sources.unshift(parser.sources.pop());
  }

  /** Replaces the literals in the fields of a node, or in a list of nodes. */
  #visit(node) {
    for (const [key, value] of Object.entries(node)) {
      if (Array.isArray(value)) this.#visit(value);
      else if (!(value instanceof Node) || UNTOUCHED.has(value.kind)) continue;
      else if (isLiteral(value)) node[key] = this.#packed(value);
      else if (key !== "source") this.#visit(value);
    }
  }

  #packed({ value, range }) {
    const offset = Node.createIntegerLiteralExpression(globalThis.i64_new(this.#offsetOf(value)), range);
    const text = Node.createIdentifierExpression("TEXT", range);
    const address = Node.createBinaryExpression(assemblyscript.Token.Plus, text, offset, range);
    const type = Node.createNamedType(Node.createSimpleTypeName("string", range), null, false, range);
    return Node.createCallExpression(Node.createIdentifierExpression("changetype", range), [type], [address], range);
  }

  #offsetOf(text) {
    if (Buffer.from(text, "latin1").toString("latin1") !== text)
      throw new Error(`"${text}": only Latin-1 can be packed`);
    if (!this.#offsets.has(text)) {
      this.#offsets.set(text, this.#bytes.length);
      this.#bytes.push(...Buffer.from(text, "latin1"), 0);
    }
    return this.#offsets.get(text);
  }
}
