import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import extractDepcruiseOptions from 'dependency-cruiser/config-utl/extract-depcruise-options';
import { afterEach, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

async function cruiseFolder(baseDir: string): Promise<ICruiseResult> {
  const options = await extractDepcruiseOptions(join(root, '.dependency-cruiser.cjs'));
  const { output } = await cruise(['keeper/src'], { ...options, baseDir });
  if (typeof output === 'string') throw new Error(output);
  return output;
}

function violations(result: ICruiseResult): string[] {
  return result.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

describe('the dependency rule', () => {
  it('holds for every file of the keeper', async () => {
    const result = await cruiseFolder(root);
    expect(violations(result)).toEqual([]);

    const seen = result.modules.map((module) => module.source).filter((file) => file.startsWith('keeper/src/'));
    const written = globSync('keeper/src/**/*.ts', { cwd: root });
    expect(seen.toSorted()).toEqual(written.toSorted());
    expect(seen.length).toBeGreaterThan(30);
  });
});

describe('a planted violation', () => {
  let folder: string | undefined;

  afterEach(() => {
    if (folder !== undefined) rmSync(folder, { recursive: true });
    folder = undefined;
  });

  /** Names of the rules that a little source tree breaks, given as contents by path below keeper/src. */
  async function brokenRules(files: Readonly<Record<string, string>>): Promise<string[]> {
    folder = mkdtempSync(join(tmpdir(), 'mw-architecture-'));
    for (const [path, content] of Object.entries(files)) {
      const file = join(folder, 'keeper/src', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    const result = await cruiseFolder(folder);
    return [...new Set(result.summary.violations.map((violation) => violation.rule.name))].toSorted();
  }

  it('is not seen where there is none', async () => {
    const rules = await brokenRules({
      'core/step.ts': 'export const step = 1;',
      'flows/run.ts': "import { step } from '../core/step.ts'; export const run = step;",
      'adapters/chain/read.ts': "import type { step } from '../../core/step.ts'; export type Read = typeof step;",
      'compose.ts':
        "import { run } from './flows/run.ts'; import type { Read } from './adapters/chain/read.ts'; export const all: Read = run;",
      'cli/mw.ts': "import { all } from '../compose.ts'; console.log(all);",
    });
    expect(rules).toEqual([]);
  });

  it.each([
    [
      'core that reads the disk',
      'core-is-pure',
      { 'core/step.ts': "import { readFileSync } from 'node:fs'; export const step = readFileSync;" },
    ],
    [
      'core that imports a flow, if only its type',
      'core-is-pure',
      {
        'core/step.ts': "import type { run } from '../flows/run.ts'; export type Step = typeof run;",
        'flows/run.ts': 'export const run = 1;',
      },
    ],
    [
      'a flow that imports an adapter',
      'flows-know-core',
      {
        'flows/run.ts': "import { read } from '../adapters/chain/read.ts'; export const run = read;",
        'adapters/chain/read.ts': 'export const read = 1;',
      },
    ],
    [
      'an adapter that imports another adapter',
      'adapter-knows-itself-and-core',
      {
        'adapters/http/serve.ts': "import { read } from '../chain/read.ts'; export const serve = read;",
        'adapters/chain/read.ts': 'export const read = 1;',
      },
    ],
    [
      'a command that constructs an adapter',
      'only-compose-constructs-adapters',
      {
        'cli/book.ts': "import { read } from '../adapters/chain/read.ts'; export const book = read;",
        'adapters/chain/read.ts': 'export const read = 1;',
      },
    ],
    [
      'a client that imports the keeper',
      'client-knows-core-and-viem',
      {
        'client/call.ts': "import { run } from '../flows/run.ts'; export const call = run;",
        'flows/run.ts': 'export const run = 1;',
      },
    ],
    [
      'an adapter that uses the library of another one',
      'adapter-safe-libraries',
      {
        'adapters/safe/execute.ts': "import { serve } from 'fastify'; export const execute = serve;",
        '../../node_modules/fastify/package.json': '{ "name": "fastify", "version": "1.0.0", "main": "index.js" }',
        '../../node_modules/fastify/index.js': 'exports.serve = 1;',
      },
    ],
    [
      'a new adapter with a library that nobody named',
      'adapter-without-library',
      {
        'adapters/moon/land.ts': "import { rocket } from 'rocket'; export const land = rocket;",
        '../../node_modules/rocket/package.json': '{ "name": "rocket", "version": "1.0.0", "main": "index.js" }',
        '../../node_modules/rocket/index.js': 'exports.rocket = 1;',
      },
    ],
    [
      'two files that import each other',
      'no-cycles',
      {
        'core/a.ts': "import { b } from './b.ts'; export const a = () => b;",
        'core/b.ts': "import { a } from './a.ts'; export const b = () => a;",
      },
    ],
    ['a file that nothing needs', 'no-orphans', { 'core/dead.ts': 'export const dead = 1;' }],
    [
      'an import of nothing',
      'no-unresolvable',
      { 'core/a.ts': "import { gone } from './gone.ts'; export const a = gone;" },
    ],
  ])('is found: %s', async (_, rule, files) => {
    expect(await brokenRules(files)).toContain(rule);
  });
});
