// The keeper's and the tools' functions stay small: up to 70 lines and a cyclomatic complexity of 9; files up to 500 lines.
// The contracts' functions have the same limits, measured the same way by solhint (.solhint.json): what counts is every
// statement that branches. A function within another one counts for itself and not for the one around it, so that a
// factory may hold what it returns. What has to be larger says why: "Larger than the limit: <reason>" in a comment right
// above the function, or above the file's first import.
import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import ts from 'typescript';

const MAX_COMPLEXITY = 9;
const MAX_FUNCTION_LINES = 70;
const MAX_FILE_LINES = 500;
const SOURCES = ['keeper/src/**/*.ts', 'tools/*.ts'];
const EXCUSE = /Larger than the limit: \w/;

/** A `switch` is one decision: a table. */
const BRANCHES = new Set([
  ts.SyntaxKind.IfStatement,
  ts.SyntaxKind.ConditionalExpression,
  ts.SyntaxKind.ForStatement,
  ts.SyntaxKind.ForInStatement,
  ts.SyntaxKind.ForOfStatement,
  ts.SyntaxKind.WhileStatement,
  ts.SyntaxKind.DoStatement,
  ts.SyntaxKind.SwitchStatement,
  ts.SyntaxKind.CatchClause,
]);

interface Size {
  complexity: number;
  lines: number;
}

/** What exceeds a limit in one file without saying why; each begins with its place. */
export function findTooLarge(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lines = text.trimEnd().split('\n');
  const found: string[] = [];

  /** Lines that are not empty. */
  function linesOf(node: ts.Node): number {
    const [first, last] = [node.getStart(), node.end].map((at) => file.getLineAndCharacterOfPosition(at).line);
    return lines.slice(first, (last as number) + 1).filter((line) => line.trim() !== '').length;
  }

  function visit(node: ts.Node, around: Size): void {
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) {
      if (BRANCHES.has(node.kind)) around.complexity++;
      ts.forEachChild(node, (child) => visit(child, around));
      return;
    }
    const own = { complexity: 1, lines: linesOf(node) };
    // Its first line stays with the function around it.
    around.lines -= own.lines - 1;
    ts.forEachChild(node, (child) => visit(child, own));
    if (EXCUSE.test(commentAbove(node))) return;
    const place = `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
    if (own.complexity > MAX_COMPLEXITY) found.push(`${place} complexity ${own.complexity} of ${MAX_COMPLEXITY}`);
    if (own.lines > MAX_FUNCTION_LINES) found.push(`${place} ${own.lines} lines of ${MAX_FUNCTION_LINES}`);
  }

  const head = file.statements[0]?.getFullText().slice(0, file.statements[0].getLeadingTriviaWidth()) ?? '';
  if (lines.length > MAX_FILE_LINES && !EXCUSE.test(head)) {
    found.push(`${path} ${lines.length} lines of ${MAX_FILE_LINES}`);
  }
  visit(file, { complexity: 0, lines: 0 });
  return found;
}

function commentAbove(node: ts.Node): string {
  return node.getFullText().slice(0, node.getLeadingTriviaWidth());
}

function main(): void {
  const root = resolve(import.meta.dirname, '..');
  const files = globSync(SOURCES, { cwd: root }).toSorted();
  const found = files.flatMap((file) => findTooLarge(file, readFileSync(resolve(root, file), 'utf8')));
  for (const sentence of found) console.log(`✗ ${sentence}`);
  console.log(`${files.length} files, ${found.length} too large`);
  process.exitCode = files.length > 0 && found.length === 0 ? 0 : 1;
}

if (import.meta.main) main();
