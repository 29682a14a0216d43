import { describe, expect, it } from 'vitest';
import { readTrace } from './coverage.ts';
import { readTable } from './readTable.ts';

describe('a coverage trace', () => {
  it('counts branches, and finds lines and branches that nothing takes', () => {
    const trace = `TN:
SF:contracts/src/A.sol
DA:5,3
DA:6,0
BRDA:5,0,0,3
BRDA:5,0,1,-
BRDA:9,1,0,0
end_of_record
TN:
SF:contracts/src/B.sol
DA:1,1
end_of_record
`;
    expect(readTrace(trace)).toEqual([
      { file: 'contracts/src/A.sol', branches: 3, missingBranches: 2, missingLines: [5, 6, 9] },
      { file: 'contracts/src/B.sol', branches: 0, missingBranches: 0, missingLines: [] },
    ]);
  });
});

describe('a table of reasons', () => {
  const page = '| file | code | why |\n| --- | --- | --- |\n| `A.sol` | `if (a \\|\\| b) c;` | It cannot be. |\n';

  it('gives the code of each row', () => {
    expect([...readTable(page, 2)]).toEqual(['A.sol: if (a || b) c;']);
  });

  it('takes no row without a reason', () => {
    expect(readTable('| `A.sol` | `a` | |\n| `A.sol` | `b` |\n', 2).size).toBe(0);
  });
});
