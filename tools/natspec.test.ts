import { describe, expect, it } from 'vitest';
import { findUnexplained, type Metadata } from './natspec.ts';

const abi: Metadata['output']['abi'] = [
  {
    type: 'function',
    name: 'pay',
    inputs: [
      { name: 'to', type: 'address' },
      { name: 'order', type: 'tuple', components: [{ name: 'amount', type: 'uint256' }] },
      { name: 'amount', type: 'uint256' },
      { name: 'isLast', type: 'bool' },
    ],
  },
  { type: 'event', name: 'Paid', inputs: [{ name: 'amount', type: 'uint256' }] },
  { type: 'error', name: 'NotPaid', inputs: [] },
  { type: 'constructor', inputs: [] },
];

describe('natspec', () => {
  it('misses what has no notice', () => {
    const empty = { methods: {}, events: {}, errors: {} };
    expect(findUnexplained('I', { output: { abi, userdoc: empty, devdoc: {} } })).toEqual([
      'I.pay',
      'I.Paid',
      'I.NotPaid',
    ]);
  });

  it('wants parameters explained by @param or by their name in the notice, but for addresses and structs', () => {
    const signature = 'pay(address,(uint256),uint256,bool)';
    const userdoc = {
      methods: { [signature]: { notice: 'Pays `amount`.' } },
      events: { 'Paid(uint256)': { notice: 'It was paid.' } },
      errors: { 'NotPaid()': [{ notice: 'It was not.' }] },
    };
    expect(findUnexplained('I', { output: { abi, userdoc, devdoc: {} } })).toEqual(['I.pay.isLast']);
    const devdoc = { methods: { [signature]: { params: { isLast: 'whether nothing follows' } } } };
    expect(findUnexplained('I', { output: { abi, userdoc, devdoc } })).toEqual([]);
  });
});
