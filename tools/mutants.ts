// What a mutation test changes: each mutant is a source file with one small fault in it, such as `<` for `<=`, a missing
// statement or a constant that is off by one. Found in the syntax tree, so that comments and strings are left alone.
import { createRequire } from 'node:module';

export interface Mutant {
  readonly file: string;
  /** What changes, in a form that survives edits elsewhere: `function: before → after`. Unique within the file. */
  readonly name: string;
  readonly line: number;
  readonly text: string;
}

interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [field: string]: unknown;
}

interface Change {
  readonly node: Node;
  readonly replacement: string;
  /** Replaces the node's text up to and with the next semicolon. */
  readonly wholeStatement?: boolean;
}

const OPERATORS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '==': '!=',
  '!=': '==',
  '+': '-',
  '-': '+',
  '*': '/',
  '/': '*',
  '%': '*',
  '<<': '>>',
  '>>': '<<',
  '&': '|',
  '|': '&',
  '+=': '-=',
  '-=': '+=',
  '|=': '&=',
  '&=': '|=',
};
const YUL_FUNCTIONS: Readonly<Record<string, string>> = {
  add: 'sub',
  sub: 'add',
  lt: 'gt',
  gt: 'lt',
  and: 'or',
  or: 'and',
};
const DELETED = '{}';

const solc = createRequire(import.meta.url)('solc') as { compile(input: string): string };

function parse(file: string, content: string): Node {
  const input = {
    language: 'Solidity',
    sources: { [file]: { content } },
    settings: { stopAfter: 'parsing', outputSelection: { '*': { '': ['ast'] } } },
  };
  const ast = JSON.parse(solc.compile(JSON.stringify(input))).sources?.[file]?.ast;
  if (ast === undefined) throw new Error(`${file} cannot be parsed`);
  return ast;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'nodeType' in value;
}

/** Every mutant of one source file. */
export function findMutants(file: string, content: string): Mutant[] {
  // Offsets of the compiler count bytes.
  const bytes = Buffer.from(content);
  const textOf = (node: Node) => {
    const [start = 0, length = 0] = node.src.split(':').map(Number);
    return bytes.subarray(start, start + length).toString();
  };
  const mutants: Mutant[] = [];
  const times = new Map<string, number>();

  function add(place: string, { node, replacement, wholeStatement = false }: Change): void {
    const [start = 0, length = 0] = node.src.split(':').map(Number);
    const end = wholeStatement ? bytes.indexOf(';', start + length) + 1 : start + length;
    const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');
    const change = `${place}: ${oneLine(textOf(node))} → ${replacement === DELETED || replacement === '' ? '(deleted)' : oneLine(replacement)}`;
    const time = (times.get(change) ?? 0) + 1;
    times.set(change, time);
    mutants.push({
      file,
      name: time === 1 ? change : `${change} (${time})`,
      line: bytes.subarray(0, start).toString().split('\n').length,
      text: Buffer.concat([bytes.subarray(0, start), Buffer.from(replacement), bytes.subarray(end)]).toString(),
    });
  }

  function visit(node: Node, parent: Node, place: string): void {
    const here = node.nodeType === 'FunctionDefinition' ? String(node.name || node.kind) : place;
    for (const change of changesOf(node, parent, textOf)) add(here, change);
    for (const [field, value] of Object.entries(node)) {
      // Without its step a loop has no end.
      if (field === 'loopExpression') continue;
      for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, node, here);
    }
  }

  const root = parse(file, content);
  visit(root, root, 'contract');
  return mutants;
}

function changesOf(node: Node, parent: Node, textOf: (node: Node) => string): Change[] {
  const part = (field: string) => node[field] as Node;
  switch (node.nodeType) {
    case 'ExpressionStatement':
    case 'RevertStatement':
      return [{ node, replacement: DELETED, wholeStatement: true }];
    case 'IfStatement':
      return negate(part('condition'), textOf);
    case 'Conditional':
      return negate(part('condition'), textOf);
    case 'BinaryOperation':
      return changesOfOperation(node, part('leftExpression'), part('rightExpression'), textOf);
    case 'Assignment':
      return changesOfOperation(node, part('leftHandSide'), part('rightHandSide'), textOf);
    case 'UnaryOperation':
      return node.operator === '!' || node.operator === '-'
        ? [{ node, replacement: textOf(part('subExpression')) }]
        : [];
    case 'Literal':
      return changesOfLiteral(node, textOf(node)).map((replacement) =>
        replaceWithin(parent, node, replacement, textOf),
      );
    case 'YulFunctionCall': {
      const name = part('functionName');
      const other = YUL_FUNCTIONS[textOf(name)];
      return other === undefined ? [] : [{ node, replacement: textOf(node).replace(textOf(name), other) }];
    }
    case 'FunctionDefinition':
      return node.kind === 'constructor'
        ? []
        : (node.modifiers as Node[]).map((modifier) => ({ node: modifier, replacement: '' }));
    default:
      return [];
  }
}

function negate(condition: Node, textOf: (node: Node) => string): Change[] {
  // The other comparison is the negation already.
  if (condition.operator === '==' || condition.operator === '!=') return [];
  return [{ node: condition, replacement: `!(${textOf(condition)})` }];
}

function changesOfOperation(node: Node, left: Node, right: Node, textOf: (node: Node) => string): Change[] {
  const operator = node.operator as string;
  if (operator === '&&' || operator === '||') {
    return [left, right].map((side) => ({ node, replacement: textOf(side) }));
  }
  const other = OPERATORS[operator];
  return other === undefined ? [] : [{ node, replacement: `${textOf(left)} ${other} ${textOf(right)}` }];
}

function changesOfLiteral(node: Node, text: string): string[] {
  if (node.kind === 'bool') return [text === 'true' ? 'false' : 'true'];
  const digits = /^(0x[\da-fA-F]+|[\d_]+)(?![\d.e])/.exec(text)?.[0];
  if (node.kind !== 'number' || digits === undefined) return [];
  return [`${BigInt(digits.replaceAll('_', '')) + 1n}${text.slice(digits.length)}`];
}

/** A constant alone says little: the change is described, and made, in what stands around it. */
function replaceWithin(parent: Node, node: Node, replacement: string, textOf: (node: Node) => string): Change {
  const [parentStart = 0] = parent.src.split(':').map(Number);
  const [start = 0, length = 0] = node.src.split(':').map(Number);
  const text = Buffer.from(textOf(parent));
  const before = text.subarray(0, start - parentStart).toString();
  return { node: parent, replacement: before + replacement + text.subarray(start - parentStart + length).toString() };
}
