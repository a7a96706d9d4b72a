import { Missing, type Runtime } from "./runtime.ts";
import { camelCase } from "./value.ts";

/**
 * Evaluates the Python call expressions of the vectors ("torch.empty(5).uniform_(-1,3)", "nn.Dropout(0.25)(torch.arange(1.,6.))"):
 * names, attributes, calls with keywords, numbers, strings, lists and tuples. Hosts without eval need nothing else.
 */
export function evaluate(runtime: Runtime, source: string): any {
  const { torch } = runtime;
  const tokens = source.match(/[A-Za-z_]\w*|\d*\.\d+(?:e-?\d+)?|\d+\.?|'[^']*'|[-()[\],.=]/g) ?? [];
  let at = 0;
  const peek = () => tokens[at];
  const take = (expected?: string) => {
    const token = tokens[at++];
    if (token === undefined || (expected && token !== expected))
      throw new SyntaxError(`${source}: ${token}, expected ${expected}`);
    return token;
  };

  function name(token: string): any {
    if (token === "True" || token === "False") return token === "True";
    if (token === "torch") return torch;
    if (token === "F") return torch.nn.functional;
    if (token === "nn") return torch.nn;
    if (token === "sqrt") return Math.sqrt;
    if (/^(u?int|b?float)\d+$|^bool$/.test(token)) return token;
    if (/^[A-Z]/.test(token)) return attribute(runtime, torch.nn, token, "torch.nn").value;
    throw new SyntaxError(`${source}: ${token}`);
  }

  function number(token: string, sign: number): unknown {
    if (token.includes(".")) return runtime.float(sign * Number(token));
    const value = BigInt(token) * BigInt(sign);
    return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
  }

  function list(close: string): any[] {
    const items: any[] = [];
    while (peek() !== close) {
      items.push(expression());
      if (peek() === ",") take();
    }
    take(close);
    return items;
  }

  function call(target: any, owner: any): any {
    const args: any[] = [];
    const kwargs: Record<string, any> = {};
    while (peek() !== ")") {
      if (tokens[at + 1] === "=") {
        const key = take();
        take("=");
        kwargs[camelCase(key)] = expression();
      } else args.push(expression());
      if (peek() === ",") take();
    }
    take(")");
    if (Object.keys(kwargs).length > 0) args.push(kwargs);
    if (target === torch.multinomial && Array.isArray(args[0])) args[0] = torch.tensor(args[0].map(Number));
    return /^class\b/.test(Function.prototype.toString.call(target))
      ? new target(...args)
      : Reflect.apply(target, owner, args);
  }

  function expression(): any {
    let token = take();
    let value: any;
    let owner: any;
    let path = token;
    if (token === "-") value = number(take(), -1);
    else if (/^[.\d]/.test(token)) value = number(token, 1);
    else if (token.startsWith("'")) value = token.slice(1, -1);
    else if (token === "(") value = list(")");
    else if (token === "[") value = list("]");
    else value = name(token);
    for (;;) {
      if (peek() === ".") {
        take();
        token = take();
        ({ owner, value } = attribute(runtime, value, token, path));
        path += `.${token}`;
      } else if (peek() === "(") {
        take();
        value = call(value, owner);
        owner = undefined;
      } else return value;
    }
  }
  return expression();
}

function attribute(runtime: Runtime, owner: any, key: string, path: string): { owner: any; value: any } {
  const name = camelCase(key);
  const value = owner === runtime.torch && runtime.makes(name) ? runtime.path([name]) : owner[name];
  if (value === undefined) throw new Missing(`${path}.${camelCase(key)}`);
  return { owner, value };
}
