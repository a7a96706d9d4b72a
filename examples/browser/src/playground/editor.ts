// The editor: CodeMirror in the colours of the page, with the runtime's names to complete from.
import {
  autocompletion,
  closeBrackets,
  closeCompletion,
  type CompletionContext,
  type CompletionResult,
} from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { javascript, javascriptLanguage } from "@codemirror/lang-javascript";
import { bracketMatching, HighlightStyle, indentOnInput, syntaxHighlighting, syntaxTree } from "@codemirror/language";
import { setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";

/** Names by what stands before the dot; "" is a tensor's methods. */
export type Names = Record<string, string[]>;

const colours = HighlightStyle.define([
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
  { tag: [tags.string, tags.special(tags.string)], color: "var(--code-string)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--code-number)" },
  { tag: [tags.keyword, tags.operatorKeyword, tags.definitionKeyword], color: "var(--code-keyword)" },
]);

const theme = EditorView.theme({
  "&": { backgroundColor: "transparent", color: "var(--ink)", fontSize: "0.86rem" },
  ".cm-scroller": { fontFamily: 'ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, monospace', lineHeight: "1.55" }, // prettier-ignore
  ".cm-content": { caretColor: "var(--accent)" },
  ".cm-cursor": { borderLeftColor: "var(--accent)", borderLeftWidth: "2px" },
  ".cm-gutters": { backgroundColor: "transparent", color: "var(--muted)", border: "none" },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--edge) 9%, transparent)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "color-mix(in srgb, var(--accent) 28%, transparent) !important",
  },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--ink)", border: "1px solid var(--line)" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent)", color: "var(--on-accent)" },
  ".cm-diagnostic-error": { borderLeftColor: "var(--bad)" },
});

export class Editor {
  private readonly view: EditorView;
  private names: Names = {};

  constructor(parent: HTMLElement, actions: { run(): void; changed(): void }) {
    this.view = new EditorView({
      parent,
      state: EditorState.create({
        extensions: [
          lineNumbers(),
          history(),
          drawSelection(),
          indentOnInput(),
          bracketMatching(),
          closeBrackets(),
          highlightActiveLine(),
          javascript(),
          javascriptLanguage.data.of({ autocomplete: (context: CompletionContext) => this.complete(context) }),
          autocompletion(),
          syntaxHighlighting(colours),
          theme,
          keymap.of([
            { key: "Mod-Enter", run: (view) => (closeCompletion(view), actions.run(), true), preventDefault: true },
            ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
            ...historyKeymap,
            indentWithTab,
          ]),
          EditorView.contentAttributes.of({ "aria-label": "Program", "aria-describedby": "hint" }),
          EditorView.updateListener.of((update) => update.docChanged && actions.changed()),
        ],
      }),
    });
  }

  get text(): string {
    return this.view.state.doc.toString();
  }
  set text(text: string) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.view.dispatch(setDiagnostics(this.view.state, []));
  }

  offer(names: Names): void {
    this.names = names;
  }

  /** Marks a line, counted from 1, as the one where the program failed; without one takes the mark away. */
  mark(line?: number, message = ""): void {
    const { doc } = this.view.state;
    if (line === undefined || line < 1 || line > doc.lines)
      return this.view.dispatch(setDiagnostics(this.view.state, []));
    const { from, to } = doc.line(line);
    this.view.dispatch(setDiagnostics(this.view.state, [{ from, to, severity: "error", message }]));
  }

  /** The line of the first thing that is not JavaScript, which engines do not tell of modules. */
  brokenLine(): number | undefined {
    let at: number | undefined;
    syntaxTree(this.view.state).iterate({
      enter: (node) => {
        if (node.type.isError) at ??= node.from;
      },
    });
    return at === undefined ? undefined : this.view.state.doc.lineAt(at).number;
  }

  private complete(context: CompletionContext): CompletionResult | null {
    const before = context.matchBefore(/[\w$)\]]+\.[\w$]*/);
    if (!before) return null;
    const dot = before.text.lastIndexOf(".");
    const names = this.names[before.text.slice(0, dot)] ?? this.names[""] ?? [];
    return { from: before.from + dot + 1, options: names.map((label) => ({ label })), validFor: /^[\w$]*$/ };
  }
}
