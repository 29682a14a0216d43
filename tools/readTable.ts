// The pages in docs/ that a check reads are tables whose first columns are code: `| \`file\` | \`code\` | reason |`.

/** The rows of a page's tables that begin with `columns` code spans: these joined as "file: code". */
export function readTable(page: string, columns: number): Set<string> {
  const row = new RegExp(`^\\| ${Array(columns).fill('`([^`]+)`').join(' \\| ')} \\| +[^| ]`, 'gm');
  // A bar would end the cell, so that the page has to write it with a backslash.
  return new Set([...page.matchAll(row)].map((cells) => cells.slice(1).join(': ').replaceAll('\\|', '|')));
}
