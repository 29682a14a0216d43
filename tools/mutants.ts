// What a mutation test changes: each mutant is a source file with one small fault in it, such as `<` for `<=`, a missing
// statement or a constant that is off by one. Found in the syntax tree, so that comments and strings are left alone.
import { createRequire } from 'node:module';

export interface Mutant {
  readonly file: string;
  /** What changes, in a form that survives edits elsewhere: `function: before → after`. Unique within the file. */
  readonly name: string;
  readonly line: number;
  /** The bytes of the source that `replacement` takes the place of. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  readonly form: 'expression' | 'statement' | 'guard';
  /** Of the form `guard`, whose bytes are those of the function. */
  readonly guarded?: Guarded;
}

/** A function with modifiers, of which a mutant lacks one: its source, in parts. */
export interface Guarded {
  readonly name: string;
  /** From `function` to the body, without modifiers. */
  readonly declaration: string;
  readonly parameters: string;
  readonly argumentNames: readonly string[];
  /** `view`, `pure` or nothing, and `returns (…)` or nothing. */
  readonly mutability: string;
  readonly returns: string;
  readonly bodyStart: number;
  /** All, and without the one that is missing. */
  readonly allModifiers: string;
  readonly modifiers: string;
}

interface Node {
  readonly nodeType: string;
  readonly src: string;
  readonly [field: string]: unknown;
}

interface Change {
  readonly node: Node;
  readonly replacement: string;
  /** What the name says, where that is not the node and its replacement. */
  readonly before?: string;
  readonly after?: string;
  readonly guarded?: Guarded;
}

/** Where a node stands. */
interface Place {
  readonly parent: Node;
  readonly functionName: string;
  readonly assembly?: Node;
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
/** What may become a choice between statements. */
const STATEMENTS: ReadonlySet<string> = new Set(['ExpressionStatement', 'RevertStatement', 'Return', 'InlineAssembly']);

type TextOf = (node: Node) => string;

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

function rangeOf(node: Node): [start: number, end: number] {
  const [start = 0, length = 0] = node.src.split(':').map(Number);
  return [start, start + length];
}

/** Where mutants may be: without its step a loop has no end, types are no values, constants are changed where they are used. */
function childrenOf(node: Node): Node[] {
  if (node.constant === true) return [];
  return Object.entries(node)
    .filter(([field]) => field !== 'loopExpression' && field !== 'typeName')
    .flatMap(([, value]) => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
}

/** Every mutant of one source file. */
export function findMutants(file: string, content: string): Mutant[] {
  // Offsets of the compiler count bytes.
  const bytes = Buffer.from(content);
  const textOf: TextOf = (node) => bytes.subarray(...rangeOf(node)).toString();
  const mutants: Mutant[] = [];
  const times = new Map<string, number>();
  // By their bytes, with what ends them.
  const statements = new Map<string, ';' | ''>();

  function add(place: string, change: Change): void {
    const { node, replacement, before = textOf(node), after = replacement, guarded } = change;
    const name = `${place}: ${oneLine(before)} → ${oneLine(after) || '(deleted)'}`;
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    const [start, end] = rangeOf(node);
    const terminator = statements.get(node.src);
    mutants.push({
      file,
      name: time === 1 ? name : `${name} (${time})`,
      line: bytes.subarray(0, start).toString().split('\n').length,
      start,
      end: terminator === ';' ? bytes.indexOf(';', end) + 1 : end,
      replacement: replacement === '' ? '' : `${replacement}${terminator ?? ''}`,
      form: guarded !== undefined ? 'guard' : terminator !== undefined ? 'statement' : 'expression',
      ...(guarded === undefined ? {} : { guarded }),
    });
  }

  function visit(node: Node, place: Place): void {
    if (STATEMENTS.has(node.nodeType)) statements.set(node.src, node.nodeType === 'InlineAssembly' ? '' : ';');
    const functionName = node.nodeType === 'FunctionDefinition' ? String(node.name || node.kind) : place.functionName;
    for (const change of changesOf(node, place, textOf)) add(functionName, change);
    const assembly = node.nodeType === 'InlineAssembly' ? node : place.assembly;
    const here = { parent: node, functionName, ...(assembly === undefined ? {} : { assembly }) };
    for (const child of childrenOf(node)) visit(child, here);
  }

  const root = parse(file, content);
  visit(root, { parent: root, functionName: 'contract' });
  return mutants;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}

function changesOf(node: Node, place: Place, textOf: TextOf): Change[] {
  const part = (field: string) => node[field] as Node;
  switch (node.nodeType) {
    case 'ExpressionStatement':
    case 'RevertStatement':
      return [{ node, replacement: '' }];
    case 'IfStatement':
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
      return changesOfLiteral(node, textOf(node)).map((replacement) => replaceWithin(place, node, replacement, textOf));
    case 'Identifier':
      return changesOfConstant(node, String(node.name), place, textOf);
    case 'MemberAccess':
      return changesOfConstant(node, String(node.memberName), place, textOf);
    case 'YulFunctionCall':
      return changesOfAssembly(node, place, textOf);
    case 'FunctionDefinition':
      return node.kind === 'function' ? changesOfGuards(node, textOf) : [];
    default:
      return [];
  }
}

function negate(condition: Node, textOf: TextOf): Change[] {
  // The other comparison is the negation already.
  if (condition.operator === '==' || condition.operator === '!=') return [];
  return [{ node: condition, replacement: `!(${textOf(condition)})` }];
}

function changesOfOperation(node: Node, left: Node, right: Node, textOf: TextOf): Change[] {
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

/** A constant's name, but not a type's, which is called. */
function changesOfConstant(node: Node, name: string, { parent }: Place, textOf: TextOf): Change[] {
  if (!/^[A-Z][A-Z\d_]*$/.test(name) || parent.expression === node) return [];
  return [{ node, replacement: `${textOf(node)} + 1` }];
}

/** A literal alone says little, and has a type of its own: the change is described, and made, in what stands around it. */
function replaceWithin({ parent }: Place, node: Node, replacement: string, textOf: TextOf): Change {
  const [before, after] = [textOf(parent), replacedIn(parent, node, replacement, textOf)];
  // A declaration stays: others need its name.
  return parent.nodeType === 'VariableDeclarationStatement'
    ? { node, replacement, before, after }
    : { node: parent, replacement: after };
}

function changesOfAssembly(node: Node, { assembly }: Place, textOf: TextOf): Change[] {
  const name = textOf(node.functionName as Node);
  const other = YUL_FUNCTIONS[name];
  if (other === undefined || assembly === undefined) return [];
  const after = textOf(node).replace(name, other);
  return [{ node: assembly, replacement: replacedIn(assembly, node, after, textOf), before: textOf(node), after }];
}

function replacedIn(around: Node, node: Node, replacement: string, textOf: TextOf): string {
  const [aroundStart] = rangeOf(around);
  const [start, end] = rangeOf(node);
  const text = Buffer.from(textOf(around));
  return text.subarray(0, start - aroundStart) + replacement + text.subarray(end - aroundStart);
}

function changesOfGuards(node: Node, textOf: TextOf): Change[] {
  const modifiers = node.modifiers as Node[];
  const [first, last] = [modifiers.at(0), modifiers.at(-1)];
  if (first === undefined || last === undefined) return [];
  const [start] = rangeOf(node);
  const [bodyStart] = rangeOf(node.body as Node);
  const header = Buffer.from(textOf(node)).subarray(0, bodyStart - start);
  const parameters = node.parameters as Node;
  const returnParameters = node.returnParameters as Node;
  const guarded = {
    name: String(node.name),
    declaration: header.subarray(0, rangeOf(first)[0] - start) + header.subarray(rangeOf(last)[1] - start).toString(),
    parameters: textOf(parameters),
    argumentNames: (parameters.parameters as Node[]).map(({ name }) => String(name)),
    mutability: node.stateMutability === 'view' || node.stateMutability === 'pure' ? node.stateMutability : '',
    returns: (returnParameters.parameters as Node[]).length === 0 ? '' : `returns ${textOf(returnParameters)}`,
    bodyStart,
  };
  return modifiers.map((modifier) => ({
    node,
    replacement: '',
    before: textOf(modifier),
    guarded: {
      ...guarded,
      modifiers: modifiers
        .filter((other) => other !== modifier)
        .map(textOf)
        .join(' '),
      allModifiers: modifiers.map(textOf).join(' '),
    },
  }));
}
