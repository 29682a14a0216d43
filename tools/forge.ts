// forge with its exit code: the script that npm installs as `forge` ends with 0 even when forge fails, so that every check
// built on it would pass. Use this one: node tools/forge.ts <arguments>
import { spawnSync } from 'node:child_process';
import { foundryBinary } from '../keeper/src/cli/devnet/foundryBinary.ts';

const { status, error } = spawnSync(foundryBinary('forge'), process.argv.slice(2), { stdio: 'inherit' });
if (error !== undefined) throw error;
process.exitCode = status ?? 1;
