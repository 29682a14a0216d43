import type { Command } from 'commander';
import type { IdentityView, StandbyView } from '../core/api.ts';
import { ZERO_ADDRESS } from '../core/commands.ts';
import { type ConnectionOptions, connect, withConnection } from './support/connection.ts';
import { formatTable } from './support/tables.ts';

const HELP = `
Ask the standby, not the leader: each keeper speaks for its own key. Silence and waiting leave pauses out.

  proposed    the council proposed it; once its delay is over, the courier carries its acceptance
  listed      it watches; when the leader is silent for long enough, the courier announces that
  announced   five minutes later it takes over, at home first, elsewhere when that is final

Examples:
  $ mw standby --url https://standby.example
  $ mw standby --url https://standby.example --json`;

export function registerStandby(program: Command): void {
  const command = program.command('standby').description('how far a keeper is from taking over, on every chain');
  withConnection(command)
    .addHelpText('after', HELP)
    .action(async (options: ConnectionOptions, command: Command) => {
      const { client, output } = connect(command, options);
      const [identity, { chains }] = await Promise.all([client.identity(), client.health()]);
      const views = await Promise.all(chains.map(({ chainId }) => client.standby(chainId)));
      const rows = chains.map(({ chainId }, i) => ({ chainId, standby: views[i] ?? null }));
      const { role, epoch, leader } = identity;
      output.result({ candidate: leader.address, role, epoch, chains: rows }, () => standbyText(identity, rows));
    });
}

type Row = { readonly chainId: number; readonly standby: StandbyView | null };

function standbyText({ leader, role, epoch, homeChainId }: IdentityView, rows: readonly Row[]): string {
  const columns = [
    { name: 'chain' },
    { name: '' },
    { name: 'status' },
    { name: 'leader' },
    { name: 'epoch', right: true },
    { name: 'silent for', right: true },
    { name: 'stale after', right: true },
    { name: 'announced for', right: true },
    { name: 'waits to be sent' },
  ];
  const cells = rows.map(({ chainId, standby }) => [
    String(chainId),
    chainId === homeChainId ? 'home' : '',
    ...(standby === null ? ['no standby', '', '', '', '', '', ''] : cellsOf(standby)),
  ]);
  const who = role === 'leader' ? `leads in epoch ${epoch}` : `is a candidate; the exchange is in epoch ${epoch}`;
  return `${leader.address} ${who}.\n${formatTable(columns, cells)}`;
}

function cellsOf(standby: StandbyView): string[] {
  const { status, leader, epoch, paused, silenceSeconds, staleAfterSeconds, waitedSeconds, step } = standby;
  return [
    paused ? `${status}, paused` : status,
    leader === ZERO_ADDRESS ? 'nobody' : leader,
    String(epoch),
    `${silenceSeconds} s`,
    `${staleAfterSeconds} s`,
    status === 'announced' ? `${waitedSeconds} s` : '',
    step?.type ?? 'nothing',
  ];
}
