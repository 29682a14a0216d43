import { describe, expect, it, vi } from 'vitest';
import { countForge, countVitest } from './test.ts';

vi.spyOn(console, 'log').mockImplementation(() => {});

describe('the total of forge', () => {
  const report = (...statuses: string[]) =>
    JSON.stringify({
      'A.t.sol:A': {
        test_results: Object.fromEntries(statuses.map((status, i) => [`test_${i}()`, { status, reason: null }])),
      },
    });

  it('counts each test once', () => {
    const totals = countForge(report('Success', 'Success', 'Failure', 'Skipped'), 1);
    expect(totals).toEqual({ passed: 2, failed: 1, skipped: 1, problems: [] });
  });

  it('holds a problem when forge fails without a failed test', () => {
    expect(countForge(report('Success'), 1).problems).toHaveLength(1);
  });

  it('holds a problem when forge gives no report', () => {
    expect(countForge('Killed', 137)).toMatchObject({ passed: 0, problems: [expect.stringContaining('137')] });
  });
});

describe('the total of vitest', () => {
  const report = (failed: number, files: readonly object[] = []) =>
    JSON.stringify({ numPassedTests: 5, numFailedTests: failed, numPendingTests: 1, testResults: files });

  it('is what its report says', () => {
    expect(countVitest(report(2), 1)).toEqual({ passed: 5, failed: 2, skipped: 1, problems: [] });
  });

  it('holds a problem for a file that does not load', () => {
    const file = { name: 'a.test.ts', status: 'failed', message: 'no such module', assertionResults: [] };
    expect(countVitest(report(0, [file]), 1).problems).toEqual(['a.test.ts did not load: no such module']);
  });

  it('holds a problem when vitest fails without a failed test', () => {
    expect(countVitest(report(0), 1).problems).toHaveLength(1);
  });

  it('holds a problem when vitest gives no report', () => {
    expect(countVitest(undefined, 1).problems).toHaveLength(1);
  });
});
