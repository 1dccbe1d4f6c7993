// PowerShell as a syntax tree, and the few questions that the rules ask of it.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { Language, Parser } from "web-tree-sitter";

const require = createRequire(import.meta.url);
// V8 would spend a minute on making the grammar's huge functions faster, for a second of use.
setFlagsFromString("--liftoff-only");
await Parser.init();
const powershell = await Language.load(require.resolve("tree-sitter-powershell/tree-sitter-powershell.wasm"));

const parser = new Parser();
parser.setLanguage(powershell);

/** Parses a script, and copies the tree: asking WebAssembly for each node anew takes minutes. */
export function parse(name, text) {
  const tree = parser.parse(text);
  const copy = (node, parent) => {
    const own = { type: node.type, id: node.id, text: node.text, isError: node.isError, isMissing: node.isMissing, hasError: node.hasError, startPosition: node.startPosition, parent };
    own.children = node.children.map((child) => [child.isNamed, copy(child, own)]);
    own.namedChildren = own.children.filter(([named]) => named).map(([, child]) => child);
    own.children = own.children.map(([, child]) => child);
    return own;
  };
  const root = copy(tree.rootNode, null);
  tree.delete();
  return { name, text, root };
}

export function parseFile(path) {
  return parse(path.split("/").pop(), readFileSync(path, "utf8"));
}

/** Every node of one of the types, in the order of the text. */
export function* nodes(root, ...types) {
  if (types.length === 0 || types.includes(root.type)) yield root;
  for (const child of root.namedChildren) yield* nodes(child, ...types);
}

/** The nodes around a node, from the inside out. */
export function* around(node) {
  for (let n = node.parent; n; n = n.parent) yield n;
}

export function line(node) {
  return node.startPosition.row + 1;
}

/** A command's name as it is written, "" for one that is called through a variable. */
export function commandName(command) {
  const name = command.namedChildren.find((c) => c.type === "command_name");
  return name?.type === "command_name" ? name.text : "";
}

/** The name of the function that a node is in, "" at the script's own level. */
export function functionOf(node) {
  for (const n of around(node)) if (n.type === "function_statement") return functionName(n);
  return "";
}

export function functionName(fn) {
  return fn.namedChildren.find((c) => c.type === "function_name").text;
}

/** The names of the script's own parameters, without the hidden one that takes stray words. */
export function parameters(script) {
  const block = script.root.namedChildren.find((c) => c.type === "param_block");
  if (!block) return [];
  return [...nodes(block, "script_parameter")].filter((p) => !/DontShow\s*=\s*\$true/.test(p.text)).map((p) => p.namedChildren.find((c) => c.type === "variable").text.slice(1));
}

/** A hashtable that the script assigns to a variable at its own level: keys and the text of the values. */
export function table(script, variable) {
  for (const a of nodes(script.root, "assignment_expression")) {
    if (functionOf(a) === "" && a.namedChildren[0].text.toLowerCase() === variable.toLowerCase()) {
      const entries = [...nodes(a, "hash_literal_body")][0]?.namedChildren.filter((c) => c.type === "hash_entry") ?? [];
      return Object.fromEntries(entries.map((e) => [e.namedChildren[0].text.replace(/^'|'$/g, ""), e.namedChildren[1].text]));
    }
  }
  return {};
}

/** The comment-based help: section name in capitals (with its argument) to its text. */
export function help(script) {
  const first = script.root.namedChildren[0];
  if (first?.type !== "comment" || !first.text.startsWith("<#")) return {};
  const sections = {};
  let current = "";
  for (const row of first.text.slice(2, -2).split("\n")) {
    const head = /^\.([A-Z]+)(?: +(\S+))?\s*$/.exec(row);
    if (head) {
      current = head[1] + (head[2] ? " " + head[2] : "");
      while (current in sections) current += "+"; // several EXAMPLEs
      sections[current] = "";
    } else if (current) {
      sections[current] += row + "\n";
    }
  }
  return sections;
}
