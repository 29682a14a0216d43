// The mutants of a TypeScript file, of the same kinds as those of a contract (see mutants.ts). Assertions are left alone:
// what they deny cannot happen, so that no test can show that one is missing.
import ts from 'typescript';
import type { Mutant } from './mutants.ts';

const OPERATORS: ReadonlyMap<ts.SyntaxKind, string> = new Map([
  [ts.SyntaxKind.LessThanToken, '<='],
  [ts.SyntaxKind.LessThanEqualsToken, '<'],
  [ts.SyntaxKind.GreaterThanToken, '>='],
  [ts.SyntaxKind.GreaterThanEqualsToken, '>'],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, '!=='],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, '==='],
  [ts.SyntaxKind.PlusToken, '-'],
  [ts.SyntaxKind.MinusToken, '+'],
  [ts.SyntaxKind.AsteriskToken, '/'],
  [ts.SyntaxKind.SlashToken, '*'],
  [ts.SyntaxKind.PercentToken, '*'],
  [ts.SyntaxKind.AmpersandToken, '|'],
  [ts.SyntaxKind.BarToken, '&'],
  [ts.SyntaxKind.LessThanLessThanToken, '>>'],
  [ts.SyntaxKind.GreaterThanGreaterThanToken, '<<'],
  [ts.SyntaxKind.PlusEqualsToken, '-='],
  [ts.SyntaxKind.MinusEqualsToken, '+='],
]);
const LOGICAL: ReadonlySet<ts.SyntaxKind> = new Set([ts.SyntaxKind.AmpersandAmpersandToken, ts.SyntaxKind.BarBarToken]);

interface Change {
  readonly node: ts.Node;
  readonly replacement: string;
  readonly isStatement?: boolean;
}

/** Every mutant of one source file. */
export function findTypescriptMutants(file: string, content: string): Mutant[] {
  const source = ts.createSourceFile(file, content, ts.ScriptTarget.Latest, true);
  const mutants: Mutant[] = [];
  const times = new Map<string, number>();

  function add(place: string, { node, replacement, isStatement = false }: Change): void {
    const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ');
    const name = `${place}: ${oneLine(node.getText().replace(/;$/, ''))} → ${oneLine(replacement) || '(deleted)'}`;
    const time = (times.get(name) ?? 0) + 1;
    times.set(name, time);
    mutants.push({
      file,
      name: time === 1 ? name : `${name} (${time})`,
      line: source.getLineAndCharacterOfPosition(node.getStart()).line + 1,
      start: Buffer.byteLength(content.slice(0, node.getStart())),
      end: Buffer.byteLength(content.slice(0, node.end)),
      replacement,
      form: isStatement ? 'statement' : 'expression',
    });
  }

  function visit(node: ts.Node, place: string): void {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isImportDeclaration(node)) return;
    if (ts.isCallExpression(node) && /^assert/.test(node.expression.getText())) return;
    const here = ts.isFunctionDeclaration(node) && node.name !== undefined ? node.name.text : place;
    for (const change of changesOf(node)) add(here, change);
    ts.forEachChild(node, (child) => {
      // Without its step a loop has no end.
      if (!(ts.isForStatement(node) && child === node.incrementor)) visit(child, here);
    });
  }

  visit(source, 'module');
  return mutants;
}

function changesOf(node: ts.Node): Change[] {
  if (ts.isExpressionStatement(node) || ts.isThrowStatement(node)) {
    return /^assert/.test(node.getText()) ? [] : [{ node, replacement: '', isStatement: true }];
  }
  if (ts.isIfStatement(node) || ts.isWhileStatement(node)) return negate(node.expression);
  if (ts.isConditionalExpression(node)) return negate(node.condition);
  if (ts.isBinaryExpression(node)) return changesOfOperation(node);
  if (ts.isPrefixUnaryExpression(node)) {
    const isSign = node.operator === ts.SyntaxKind.ExclamationToken || node.operator === ts.SyntaxKind.MinusToken;
    return isSign && !ts.isLiteralExpression(node.operand) ? [{ node, replacement: node.operand.getText() }] : [];
  }
  return changesOfLiteral(node);
}

function negate(condition: ts.Expression): Change[] {
  return [{ node: condition, replacement: `!(${condition.getText()})` }];
}

function changesOfOperation({ left, operatorToken, right, parent }: ts.BinaryExpression): Change[] {
  const node = left.parent;
  if (LOGICAL.has(operatorToken.kind)) {
    return [left, right].map((side) => ({ node, replacement: side.getText() }));
  }
  const other = OPERATORS.get(operatorToken.kind);
  // As the condition of a statement, the other comparison is its negation, which is tried already.
  const isNegation = /^[!=]==$/.test(other ?? '') && (ts.isIfStatement(parent) || ts.isConditionalExpression(parent));
  return other === undefined || isNegation
    ? []
    : [{ node, replacement: `${left.getText()} ${other} ${right.getText()}` }];
}

function changesOfLiteral(node: ts.Node): Change[] {
  // A name of a field, or of a value of an enumeration, cannot be chosen at run time.
  if (ts.isPropertyAssignment(node.parent ?? node) && (node.parent as ts.PropertyAssignment).name === node) return [];
  if (ts.isNumericLiteral(node)) return [{ node, replacement: String(Number(node.text.replaceAll('_', '')) + 1) }];
  if (ts.isBigIntLiteral(node)) {
    return [{ node, replacement: `${BigInt(node.text.slice(0, -1).replaceAll('_', '')) + 1n}n` }];
  }
  if (node.kind === ts.SyntaxKind.TrueKeyword) return [{ node, replacement: 'false' }];
  if (node.kind === ts.SyntaxKind.FalseKeyword) return [{ node, replacement: 'true' }];
  return [];
}
