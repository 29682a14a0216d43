import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const tool = join(import.meta.dirname, 'mendLock.mjs');

describe('mendLock', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'mw-lock-'));
    file = join(folder, 'package-lock.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function mend(packages: object, ...args: string[]) {
    writeFileSync(file, JSON.stringify({ lockfileVersion: 3, packages }));
    const { status, stdout, stderr } = spawnSync(process.execPath, [tool, ...args, file], { encoding: 'utf8' });
    return { status, output: stdout + stderr, packages: JSON.parse(readFileSync(file, 'utf8')).packages };
  }

  const linter = { version: '2.0.0', dev: true, optionalDependencies: { '@lint/cli-linux-amd64-musl': '2.0.0' } };

  it('adds a platform package that npm left out, with the platform that its name tells', () => {
    const { status, packages } = mend({ 'node_modules/lint': linter });
    expect(status).toBe(0);
    expect(packages['node_modules/@lint/cli-linux-amd64-musl']).toEqual({
      version: '2.0.0',
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl'],
      dev: true,
      optional: true,
    });
  });

  it('finds a package beside its parent as well as at the top', () => {
    const entry = { version: '2.0.0', optional: true };
    const beside = { 'node_modules/lint': linter, 'node_modules/lint/node_modules/@lint/cli-linux-amd64-musl': entry };
    expect(mend(beside, '--check').status).toBe(0);
    const above = { 'node_modules/a/node_modules/lint': linter, 'node_modules/@lint/cli-linux-amd64-musl': entry };
    expect(mend(above, '--check').status).toBe(0);
  });

  it('takes out download addresses and leaves workspace links', () => {
    const { packages } = mend({
      'node_modules/a': { version: '1.0.0', resolved: 'https://registry.example/a.tgz', integrity: 'sha512-x' },
      'node_modules/keeper': { resolved: 'keeper', link: true },
    });
    expect(packages).toEqual({
      'node_modules/a': { version: '1.0.0', integrity: 'sha512-x' },
      'node_modules/keeper': { resolved: 'keeper', link: true },
    });
  });

  it('changes nothing with --check and fails where something is missing', () => {
    const { status, output, packages } = mend({ 'node_modules/lint': linter }, '--check');
    expect(status).toBe(1);
    expect(output).toContain('node_modules/@lint/cli-linux-amd64-musl is missing');
    expect(packages).toEqual({ 'node_modules/lint': linter });
  });

  it('finds nothing to do in what it has mended', () => {
    const { packages } = mend({ 'node_modules/lint': linter });
    expect(mend(packages, '--check').status).toBe(0);
  });

  it('refuses to guess the platform of a name that does not tell', () => {
    const odd = { version: '1.0.0', optionalDependencies: { 'fast-thing': '1.0.0' } };
    expect(mend({ 'node_modules/odd': odd }).output).toContain('cannot tell the platform of fast-thing');
  });
});
