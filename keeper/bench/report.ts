// Tables for people and for docs/benchmarks.md, where every command keeps to its own section.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';

const FILE = join(import.meta.dirname, '../../docs/benchmarks.md');

/** Columns of text, the first row above a line. */
export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return `${rows.map((row) => row.map((cell, column) => cell.padStart(widths[column] as number)).join('  ')).join('\n')}\n`;
}

/** What was measured on. */
export function machineLine(): string {
  const processors = cpus();
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const pages = process.env.GLIBC_TUNABLES?.includes('glibc.malloc.hugetlb=1') ? ', huge pages' : '';
  return `${processors[0]?.model ?? 'unknown'}, ${processors.length} cores, ${memoryGiB} GiB, Node ${process.version}${pages}`;
}

/**
 * Replaces what stands between the markers of a command in docs/benchmarks.md; adds them at the end, below an
 * introduction, when there are none.
 */
export function writeSection(
  command: string,
  rows: readonly (readonly string[])[],
  machine: string,
  introduction = '',
): void {
  const [begin, end] = [`<!-- ${command} begins -->`, `<!-- ${command} ends -->`];
  const [header = [], ...body] = rows;
  const lines = [header, header.map(() => '---'), ...body].map((row) => `| ${row.join(' | ')} |`);
  const section = `${begin}\n${lines.join('\n')}\n\n${machine}.\n${end}`;
  const text = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '# Benchmarks\n';
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  const written =
    from < 0
      ? `${[text.trimEnd(), introduction, section].filter((part) => part !== '').join('\n\n')}\n`
      : text.slice(0, from) + section + text.slice(to + end.length);
  writeFileSync(FILE, written);
}

/** Processor time that a keeper has used so far, in seconds: says more than the clock on a machine that others use, too. */
export async function processorSeconds(url: string): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^mw_process_cpu_seconds_total (.+)$/m.exec(text)?.[1]);
}
