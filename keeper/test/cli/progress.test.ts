import { describe, expect, it } from 'vitest';
import { createProgress } from '../../src/cli/devnet/progress.ts';

function record(json: boolean) {
  const written: string[] = [];
  const progress = createProgress({ json, stream: { write: (text) => written.push(text) } });
  const text = () => written.join('');
  return { progress, text, lines: () => text().trimEnd().split('\n') };
}

describe('the progress of the devnet for machines', () => {
  it('is one line for each step of the story, nothing for the preparation, and {"ok":true} at the end', async () => {
    const { progress, lines } = record(true);
    await progress.phase('start the chains', async () => {});
    expect(
      await progress.step('deposit', 'three users deposit', async (tell) => {
        tell('1 WETH');
      }),
    ).toBe(undefined);
    progress.say('a table');
    progress.succeeded();
    expect(lines().map((line) => JSON.parse(line))).toEqual([
      { step: 'deposit', ok: true, ms: expect.any(Number) },
      { ok: true },
    ]);
  });

  it('names the step that failed and why, and ends with {"ok":false}', async () => {
    const { progress, lines } = record(true);
    await progress.step('deposit', 'three users deposit', async () => {});
    const trade = progress.step('trade', 'two books', async () => {
      throw new Error('nobody sells');
    });
    await expect(trade).rejects.toThrow('nobody sells');
    progress.failed(new Error('nobody sells'));
    expect(lines().slice(1)).toEqual(['{"step":"trade","ok":false,"error":"nobody sells"}', '{"ok":false}']);
  });

  it('calls a failure before the story "start"', () => {
    const { progress, lines } = record(true);
    progress.failed(new Error('anvil is missing'));
    expect(lines()).toEqual(['{"step":"start","ok":false,"error":"anvil is missing"}', '{"ok":false}']);
  });
});

describe('the progress of the devnet for people', () => {
  it('says what is going on, how long it took and what was checked', async () => {
    const { progress, text } = record(false);
    await progress.step('deposit', 'Alice deposits', async (tell) => {
      tell('1 WETH credited');
    });
    progress.succeeded();
    expect(text()).toMatch(/^… Alice deposits\n✓ Alice deposits \(\d+\.\d s\)\n {4}1 WETH credited\n$/);
  });

  it('marks what failed', async () => {
    const { progress, text } = record(false);
    const phase = progress.phase('build', async () => {
      throw new Error('no compiler');
    });
    await expect(phase).rejects.toThrow();
    progress.failed(new Error('no compiler'));
    expect(text()).toBe('… build\n✗ build\n\nno compiler\n');
  });
});
