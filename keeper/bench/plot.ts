// A plot as a file of its own: cost over size, both axes plain to read, no library.

export interface Series {
  readonly name: string;
  readonly points: readonly { readonly size: number; readonly nanoseconds: number }[];
}

const TITLE = 'What an operation costs as the market grows (ns of processor time)';
const WIDTH = 720;
const HEIGHT = 400;
const LEFT = 64;
const RIGHT = 150;
const TOP = 48;
const BOTTOM = 56;
const COLOURS = ['#1f5fa8', '#b3541e', '#2e7d4f'];
const GRID_LINES = 5;

/** Sizes on a logarithmic axis, nanoseconds on a linear one that begins at 0. */
export function plotGrowth(series: readonly Series[]): string {
  const points = series.flatMap((one) => one.points);
  const decades = Math.ceil(Math.log10(Math.max(...points.map(({ size }) => size))));
  const step = niceStep(Math.max(...points.map(({ nanoseconds }) => nanoseconds)) / GRID_LINES);
  const top = step * (GRID_LINES + 1);
  const x = (size: number) => round(LEFT + (Math.log10(size) / decades) * (WIDTH - LEFT - RIGHT));
  const y = (nanoseconds: number) => round(HEIGHT - BOTTOM - (nanoseconds / top) * (HEIGHT - TOP - BOTTOM));

  const vertical = Array.from({ length: decades + 1 }, (_, power) => {
    const at = x(10 ** power);
    return [
      `<line x1="${at}" y1="${TOP}" x2="${at}" y2="${HEIGHT - BOTTOM}" stroke="#ddd"/>`,
      text(at, HEIGHT - BOTTOM + 18, (10 ** power).toLocaleString('en'), 'middle'),
    ].join('');
  });
  const horizontal = Array.from({ length: GRID_LINES + 2 }, (_, index) => {
    const at = y(index * step);
    return [
      `<line x1="${LEFT}" y1="${at}" x2="${WIDTH - RIGHT}" y2="${at}" stroke="#ddd"/>`,
      text(LEFT - 8, at + 4, String(index * step), 'end'),
    ].join('');
  });
  const lines = series.map(({ name, points: own }, index) => {
    const colour = COLOURS[index % COLOURS.length] as string;
    const path = own.map(({ size, nanoseconds }) => `${x(size)},${y(nanoseconds)}`);
    const dots = path
      .map((at) => at.split(','))
      .map(([cx, cy]) => `<circle cx="${cx}" cy="${cy}" r="3" fill="${colour}"/>`);
    const at = TOP + 20 + 22 * index;
    const key = `<line x1="${WIDTH - RIGHT + 14}" y1="${at - 4}" x2="${WIDTH - RIGHT + 34}" y2="${at - 4}" stroke="${colour}" stroke-width="2"/>`;
    const drawn = `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`;
    return [drawn, ...dots, key, text(WIDTH - RIGHT + 40, at, name, 'start')].join('');
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<title>${TITLE}</title>`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 24, TITLE, 'start'),
    ...vertical,
    ...horizontal,
    ...lines,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, 'how many of them', 'middle'),
    '</svg>\n',
  ].join('\n');
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) as number);
}

function text(x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="#333">${content}</text>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
