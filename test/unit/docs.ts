// The public API with its doc comments, as TypeScript's checker sees bindings/index.ts.
import { fileURLToPath } from "node:url";
import ts from "typescript";

export interface Entry {
  /** "nn.Linear", "Tensor.item", "torch.optim.SGD" without the "torch." */
  name: string;
  kind: "function" | "class" | "method" | "property" | "value";
  summary: string;
  example: boolean;
  file: string;
  line: number;
}

const entry = fileURLToPath(new URL("../../bindings/index.ts", import.meta.url));

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.Preserve,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ["lib.es2023.d.ts", "lib.esnext.disposable.d.ts", "lib.dom.d.ts"],
  types: ["node", "@webgpu/types"],
  allowImportingTsExtensions: true,
  noEmit: true,
  skipLibCheck: true,
};

/** Every public function, class and member, once, under the first of its names. */
export function publicApi(): Entry[] {
  const program = ts.createProgram([entry], OPTIONS);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(entry)!;
  const entries: Entry[] = [];
  const seen = new Set<ts.Symbol>();

  function add(symbol: ts.Symbol, name: string, kind: Entry["kind"]): void {
    const declaration = symbol.declarations![0]!;
    const file = declaration.getSourceFile();
    entries.push({
      name,
      kind,
      summary: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
      example: symbol.getJsDocTags(checker).some((tag) => tag.name === "example"),
      file: file.fileName.slice(file.fileName.lastIndexOf("/bindings/") + 1),
      line: file.getLineAndCharacterOfPosition(declaration.getStart()).line + 1,
    });
  }

  /** What a class declares itself; what it overrides is documented where it was declared first. */
  function members(symbol: ts.Symbol, name: string): void {
    const type = checker.getDeclaredTypeOfSymbol(symbol) as ts.InterfaceType;
    const inherited = new Set(
      (checker.getBaseTypes(type) ?? []).flatMap((base) => base.getProperties().map((member) => member.name)),
    );
    for (const member of type.getProperties()) {
      const declaration = member.declarations?.[0] as ts.Declaration | undefined;
      if (!declaration?.getSourceFile().fileName.includes("/bindings/") || /^(_|#|forward$)/.test(member.name))
        continue;
      if (inherited.has(member.name) && name !== "Tensor") continue;
      const flags = ts.getCombinedModifierFlags(declaration);
      if (flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected)) continue;
      if (member.getJsDocTags(checker).some((tag) => tag.name === "internal")) continue;
      const isMethod =
        (ts.isMethodDeclaration(declaration) ||
          ts.isMethodSignature(declaration) ||
          ts.isPropertySignature(declaration)) &&
        checker.getTypeOfSymbol(member).getCallSignatures().length > 0;
      add(member, `${name}.${member.name}`, isMethod ? "method" : "property");
    }
  }

  function visit(symbol: ts.Symbol, name: string): void {
    const target = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    if (symbol.name.startsWith("_") || target.getJsDocTags(checker).some((tag) => tag.name === "internal")) return;
    if (seen.has(target)) return;
    seen.add(target);
    if (target.flags & ts.SymbolFlags.Module) {
      for (const inner of checker.getExportsOfModule(target)) visit(inner, `${name}.${inner.name}`);
    } else if (target.flags & ts.SymbolFlags.Class) {
      add(target, name, "class");
      members(target, name);
    } else if (target.flags & (ts.SymbolFlags.Function | ts.SymbolFlags.Variable)) {
      const callable = checker.getTypeOfSymbol(target).getCallSignatures().length > 0;
      add(target, name, callable ? "function" : "value");
    }
  }

  for (const symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(source)!)) visit(symbol, symbol.name);
  return entries;
}
