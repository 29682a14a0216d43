// Part of `npm run generate`.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { exitVectors } from './vectors.ts';

const directory = resolve(import.meta.dirname, '../../../../contracts/test/vectors');

mkdirSync(directory, { recursive: true });
writeFileSync(resolve(directory, 'exit.json'), exitVectors());
