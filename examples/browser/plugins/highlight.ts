// Colours for the code that pages show: comments, strings, numbers and keywords of TypeScript, as HTML.

const TOKEN =
  /(?<comment>\/\/.*|\/\*[\s\S]*?\*\/)|(?<string>"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`)|(?<number>\b\d[\d_]*(?:\.\d+)?(?:e-?\d+)?\b)|(?<keyword>\b(?:async|await|break|class|const|continue|else|export|extends|for|from|function|if|import|let|new|of|return|this|throw|true|false|type|undefined|void|while|yield)\b)/g;

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

export function highlight(code: string): string {
  let html = "";
  let at = 0;
  for (const match of code.matchAll(TOKEN)) {
    const [kind] = Object.entries(match.groups!).find(([, text]) => text !== undefined)!;
    html += `${escape(code.slice(at, match.index))}<span class="${kind}">${escape(match[0])}</span>`;
    at = match.index + match[0].length;
  }
  return html + escape(code.slice(at));
}
