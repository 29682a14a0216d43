// All mutants at once: each stands in the source behind a switch (a "mutant schema"), so that one compilation serves all of
// them, and one mutant costs no more than a run of the tests. The switch is the address of the block's producer, which
// forge sets by an option, which can be read everywhere at hardly any gas, and which nothing in the project asks for.
import { createRequire } from 'node:module';
import { posix } from 'node:path';
import type { Guarded, Mutant } from './mutants.ts';

/** The source with its mutants, and where they are in it. */
export interface Schema {
  readonly text: string;
  readonly spans: readonly Span[];
}

/** Bytes of a schema's text that are there because of a mutant. */
interface Span {
  readonly mutant: Mutant;
  readonly start: number;
  readonly end: number;
}

interface CompilerError {
  readonly severity: string;
  readonly formattedMessage: string;
  readonly sourceLocation?: { readonly file: string; readonly start: number; readonly end: number };
}

export const SWITCH_FILE = 'contracts/src/isMutant.sol';
/** Reads the block in functions that may not: as one that claims not to. */
export const SWITCH_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

function isMutant(uint256 number) pure returns (bool) {
    return asPure(blockProducer)() == number;
}

function blockProducer() view returns (uint256) {
    return uint160(address(block.coinbase));
}

function asPure(function () view returns (uint256) read) pure returns (function () pure returns (uint256) asked) {
    assembly ("memory-safe") {
        asked := read
    }
}
`;

const solc = createRequire(import.meta.url)('solc') as {
  compile(input: string, callbacks: { import(path: string): { contents: string } | { error: string } }): string;
};

/**
 * Plants all `mutants` in the file whose text is `content`.
 * @param numberOf with which number each is switched on
 * @param switchImport the statement that imports `isMutant`
 */
export function plant(
  content: string,
  mutants: readonly Mutant[],
  numberOf: (mutant: Mutant) => number,
  switchImport: string,
): Schema {
  const bytes = Buffer.from(content);
  const sites = [...Map.groupBy(mutants, ({ start, end }) => `${start}:${end}`).values()]
    .map((group) => ({ start: group[0]?.start ?? 0, end: group[0]?.end ?? 0, group }))
    .toSorted((a, b) => a.start - b.start || b.end - a.end);
  const spans: Span[] = [];
  let text = '';
  let length = 0;
  let next = 0;

  function write(part: string): void {
    text += part;
    length += Buffer.byteLength(part);
  }

  /** The bytes up to `end`, with whatever is planted in them. */
  function writeSource(start: number, end: number): void {
    let at = start;
    for (let site = sites[next]; site !== undefined && site.start < end; site = sites[next]) {
      next++;
      write(bytes.subarray(at, site.start).toString());
      const from = length;
      writeSite(site.group, () => writeSource(site.start, site.end));
      for (const mutant of site.group) spans.push({ mutant, start: from, end: length });
      at = site.end;
    }
    write(bytes.subarray(at, end).toString());
  }

  function writeReplacement(mutant: Mutant, around: (replacement: string) => string): void {
    const start = length;
    write(around(mutant.replacement));
    spans.push({ mutant, start, end: length });
  }

  function writeSite(group: readonly Mutant[], writeOriginal: () => void): void {
    const guarded = group[0]?.guarded;
    if (guarded !== undefined) {
      writeGuarded(group, guarded);
    } else if (group[0]?.form === 'statement') {
      write('{ ');
      for (const mutant of group)
        writeReplacement(mutant, (it) => `if (isMutant(${numberOf(mutant)})) { ${it} } else `);
      write('{ ');
      writeOriginal();
      write(' } }');
    } else {
      write('(');
      for (const mutant of group) writeReplacement(mutant, (it) => `isMutant(${numberOf(mutant)}) ? (${it}) : `);
      write('(');
      writeOriginal();
      write('))');
    }
  }

  /** A modifier cannot be left out at run time: instead there are functions with it and without it. */
  function writeGuarded(group: readonly Mutant[], guarded: Guarded): void {
    const { name, declaration, parameters, mutability, returns, bodyStart, allModifiers } = guarded;
    const number = numberOf(group[0] as Mutant);
    const call = (suffix: string) =>
      `${returns === '' ? '' : 'return '}${name}_${number}_${suffix}(${guarded.argumentNames.join(', ')});`;
    const variant = (suffix: string, modifiers: string) =>
      `\nfunction ${name}_${number}_${suffix}${parameters} private ${mutability} ${modifiers} ${returns} `;
    write(`${declaration}{ `);
    for (const mutant of group)
      write(`if (isMutant(${numberOf(mutant)})) { ${call(`without${numberOf(mutant)}`)} } else `);
    write(`{ ${call('guarded')} } }`);
    for (const mutant of group) {
      write(`${variant(`without${numberOf(mutant)}`, mutant.guarded?.modifiers ?? '')}{ ${call('body')} }`);
    }
    write(`${variant('guarded', allModifiers)}{ ${call('body')} }${variant('body', '')}`);
    writeSource(bodyStart, group[0]?.end ?? bodyStart);
  }

  writeSource(0, bytes.length);
  // At the end, so that errors keep their lines.
  write(`\n${switchImport}\n`);
  return { text, spans };
}

/**
 * Plants the mutants of several files, as far as they compile.
 * @param read the text of any source, by its path
 * @returns the files' texts by path, and the mutants that are in none of them
 */
export function plantAll(
  mutants: readonly Mutant[],
  numberOf: (mutant: Mutant) => number,
  read: (path: string) => string,
  remappings: readonly string[],
): { texts: Map<string, string>; left: Set<Mutant> } {
  const left = new Set<Mutant>();
  const files = [...new Set(mutants.map(({ file }) => file))];
  for (;;) {
    const planted = mutants.filter((mutant) => !left.has(mutant));
    const schemas = new Map(
      files.map((file) => [
        file,
        plant(
          read(file),
          planted.filter((mutant) => mutant.file === file),
          numberOf,
          switchImportOf(file),
        ),
      ]),
    );
    const contentOf = (path: string) =>
      path === SWITCH_FILE ? SWITCH_SOURCE : (schemas.get(path)?.text ?? read(path));
    const errors = errorsOf(files, contentOf, remappings);
    if (errors.length === 0) return { texts: new Map([...schemas].map(([file, { text }]) => [file, text])), left };
    const guilty = errors.flatMap((error) => mutantsIn(error, schemas));
    if (guilty.length === 0) throw new Error(errors[0]?.formattedMessage);
    for (const mutant of guilty) left.add(mutant);
  }
}

function switchImportOf(file: string): string {
  const path = posix.relative(posix.dirname(file), SWITCH_FILE);
  return `import {isMutant} from "${path.startsWith('.') ? path : `./${path}`}";`;
}

function errorsOf(
  files: readonly string[],
  contentOf: (path: string) => string,
  remappings: readonly string[],
): CompilerError[] {
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(files.map((file) => [file, { content: contentOf(file) }])),
    settings: { remappings, evmVersion: 'cancun', outputSelection: { '*': { '*': [] } } },
  };
  const output = solc.compile(JSON.stringify(input), { import: (path) => ({ contents: contentOf(path) }) });
  const { errors = [] } = JSON.parse(output) as { errors?: CompilerError[] };
  return errors.filter(({ severity }) => severity === 'error');
}

/** What is planted where an error is: the innermost around it, or else whatever is within it. */
function mutantsIn({ sourceLocation: at }: CompilerError, schemas: ReadonlyMap<string, Schema>): Mutant[] {
  if (at === undefined) return [];
  const spans = schemas.get(at.file)?.spans ?? [];
  const within = spans.filter(({ start, end }) => start >= at.start && end <= at.end);
  const around = spans
    .filter(({ start, end }) => start <= at.start && end >= at.end)
    .toSorted((a, b) => a.end - a.start - (b.end - b.start));
  const [innermost] = around;
  return innermost !== undefined ? [innermost.mutant] : within.map(({ mutant }) => mutant);
}
