import { rmSync } from 'node:fs';
import type { Command } from 'commander';
import { CommandError } from '../support/errors.ts';
import { writeProfile } from '../support/profile.ts';
import { parseInteger } from '../support/units.ts';
import { ALICE, BOB, CAROL, DAVE, developmentKey, EXECUTOR, SETTLER } from './accounts.ts';
import { createProgress, type Progress } from './progress.ts';
import { type Devnet, startDevnet } from './startDevnet.ts';
import { tellStory } from './story.ts';

const HIGHEST_PORT = 65_535;
const FAILED_EXIT = 1;
const INTERRUPTED_EXIT = 130;
/** Ctrl-C under npm arrives twice: from the terminal and from npm. Who presses it again later does not want to wait. */
const ECHO_MS = 1_000;
const SECONDS_PER_DAY = 86_400;
const MW = 'npm run --silent mw --';

const HELP = `
Everything listens on 127.0.0.1. With --json, every step of the story is one line
  {"step":"deposit"|"trade"|"checkpoint"|"crash"|"withdraw","ok":true,"ms":…}
and the last line is {"ok":true}; on failure {"step":…,"ok":false,"error":…} and {"ok":false}, with exit code 1.

Examples:
  $ mw devnet                          serve until Ctrl-C
  $ mw devnet --story --once           the story, then stop; exit code 0 when all of it was true
  $ mw devnet --story --outlive        then kill its keeper, and leave with \`mw exit\`
  $ mw devnet --keeper-port 8080 --data ./data/mine`;

interface Options {
  readonly story?: true;
  readonly once?: true;
  readonly outlive?: true;
  readonly json?: true;
  readonly data?: string;
  readonly homePort?: number;
  readonly secondPort?: number;
  readonly keeperPort?: number;
}

export function registerDevnet(program: Command): void {
  const port = (text: string) => parseInteger(text, 'A port', { most: HIGHEST_PORT });
  program
    .command('devnet')
    .description('everything locally: two chains, the contracts, keeper and courier')
    .option('--story', 'deposits, trades, a checkpoint, a crash and a withdrawal, each of them checked')
    .option('--once', 'stop when everything is up and the story has been told')
    .option('--outlive', 'let the chains go on when the keeper dies, to try the way out')
    .option('--json', 'one line of JSON per step of the story')
    .option('--data <folder>', 'where configuration, logs and the journal go (default: a temporary folder)')
    .option('--home-port <port>', 'of the home chain, 31337 (default: a free one)', port)
    .option('--second-port <port>', 'of the second chain, 31338 (default: a free one)', port)
    .option('--keeper-port <port>', 'of the keeper (default: a free one)', port)
    .addHelpText('after', HELP)
    .action(runDevnet);
}

async function runDevnet(options: Options): Promise<void> {
  const progress = createProgress({ json: options.json === true, stream: process.stdout });
  const ending = createEnding(progress);
  let abandoned: Devnet | undefined;
  try {
    const devnet = await startDevnet({
      dataDirectory: options.data,
      ports: { home: options.homePort, second: options.secondPort, keeper: options.keeperPort },
      progress,
      onLost(error) {
        if (abandoned === undefined) void ending.fail(error);
        else progress.say(describeAbandoned(abandoned, error));
      },
    });
    ending.before(devnet.stop);
    const profile = introduce(devnet);
    if (options.story) await tellStory({ devnet, progress });
    if (options.outlive) abandoned = devnet;
    if (!options.once) progress.say(described({ devnet, profile, outlive: options.outlive === true }));
    progress.succeeded();
    ending.succeed(() => {
      // Only now: the logs of a failure are kept.
      if (options.data === undefined) rmSync(devnet.dataDirectory, { recursive: true });
    });
    if (options.once) await ending.now(0);
  } catch (error) {
    await ending.fail(error);
  }
}

/** Ends this process: children first, and only once. */
function createEnding(progress: Progress) {
  let stop = async () => {};
  let tidyUp = () => {};
  let interruptedExit = INTERRUPTED_EXIT;
  let ended: Promise<void> | undefined;

  function now(exitCode: number): Promise<void> {
    ended ??= stop()
      .then(tidyUp)
      .finally(() => process.exit(exitCode));
    return ended;
  }
  function fail(error: unknown): Promise<void> {
    if (ended !== undefined) return ended;
    progress.failed(error);
    if (error instanceof CommandError && error.hint !== undefined) progress.say(error.hint);
    return now(FAILED_EXIT);
  }
  let interruptedAt = Number.POSITIVE_INFINITY;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // Whatever is not stopped yet is killed when the process exits.
      if (Date.now() - interruptedAt > ECHO_MS) process.exit(INTERRUPTED_EXIT);
      interruptedAt = Math.min(interruptedAt, Date.now());
      void now(interruptedExit);
    });
  }
  return {
    now,
    fail,
    before(stopAll: () => Promise<void>) {
      stop = stopAll;
    },
    /** From now on an interruption is how the devnet is meant to end. */
    succeed(tidy: () => void) {
      interruptedExit = 0;
      tidyUp = tidy;
    },
  };
}

/** Lets the other commands find this devnet. Returns the path of its profile. */
function introduce({ home, second, keeperUrl, dataDirectory }: Devnet): string {
  const account = (index: number) => ({ address: developmentKey(index).address, developmentIndex: index });
  return writeProfile(
    {
      keeperUrl,
      chains: [home, second].map(({ chainId, name, url, deployment: { registry, router } }) => ({
        chainId,
        name,
        rpcUrl: url,
        registry,
        router,
      })),
      accounts: {
        alice: account(ALICE),
        bob: account(BOB),
        carol: account(CAROL),
        dave: account(DAVE),
        executor: account(EXECUTOR),
        settler: account(SETTLER),
      },
    },
    { dataDirectory, currentDirectory: process.cwd() },
  );
}

function described(input: { readonly devnet: Devnet; readonly profile: string; readonly outlive: boolean }): string {
  const { devnet, profile, outlive } = input;
  const { home, second, keeperUrl, dataDirectory } = devnet;
  return `Running
  keeper        ${keeperUrl}   (health: ${keeperUrl}/v1/health, API: ${keeperUrl}/v1/openapi.json)
  home chain    ${home.url}   (${home.chainId})
  second chain  ${second.url}   (${second.chainId})
  logs, data    ${dataDirectory}
  profile       ${profile}

Try, in another terminal
  ${MW} account --as alice --orders
  ${MW} account --solvency
  ${MW} book WETH/USDC
  ${MW} deposit 1 WETH --chain home --native --as carol
  ${MW} order sell 0.5 WETH/USDC --price 3100 --for carol --as executor
  ${MW} withdraw 100 USDC --chain home --as bob
${outlive ? describeWayOut(devnet) : ''}
Serving until Ctrl-C.`;
}

function describeWayOut({ keeperPid }: Devnet): string {
  return `
The way out, when the keeper is gone for good
  ${MW} exit watch --once --as alice
  kill -9 ${keeperPid()}
`;
}

function describeAbandoned({ home, second }: Devnet, { message }: Error): string {
  const [what = ''] = message.split('\n');
  const pass = (days: number) =>
    [home, second].map(({ url }) => {
      const call = { jsonrpc: '2.0', id: 1, method: 'evm_increaseTime', params: [days * SECONDS_PER_DAY] };
      return `  curl -s -H 'content-type: application/json' -d '${JSON.stringify(call)}' ${url}`;
    });
  return [
    `${what} The chains go on.`,
    'Seven days pass, and everybody may leave',
    ...pass(7),
    `  ${MW} exit enter --as alice`,
    'Three days pass, and the roots that then stand are final',
    ...pass(3),
    `  ${MW} exit claim --as alice`,
  ].join('\n');
}
