import Table from 'cli-table3';

export interface Column {
  readonly name: string;
  /** Numbers stand on the right, decimal point below decimal point, so that they can be compared. */
  readonly right?: boolean;
}

const NO_BORDER = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** Lines of a plain table: a head, columns two spaces apart, no colours, nothing behind the last character. */
export function formatTable(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const table = new Table({
    head: columns.map(({ name }) => name),
    colAligns: columns.map(({ right }) => (right ? 'right' : 'left')),
    chars: NO_BORDER,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
  });
  const widths = columns.map(({ right }, i) =>
    right ? Math.max(0, ...rows.map((row) => fractionWidth(row[i] ?? ''))) : 0,
  );
  table.push(...rows.map((row) => row.map((cell, i) => padFraction(cell, widths[i] ?? 0))));
  return table
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** Characters from the decimal point on. */
function fractionWidth(cell: string): number {
  const point = cell.indexOf('.');
  return point < 0 ? 0 : cell.length - point;
}

function padFraction(cell: string, width: number): string {
  return cell + ' '.repeat(Math.max(0, width - fractionWidth(cell)));
}
