// `mw exit`: out without the keeper.
import type { Command } from 'commander';
import { registerClaim } from './claim.ts';
import { registerEnter } from './enter.ts';
import { registerForce } from './force.ts';
import { registerStatus } from './status.ts';
import { registerWatch } from './watch.ts';

const HELP = `
While the keeper answers, let \`mw exit watch\` keep your exit proofs. When it does not answer any more, anybody can enter
exit mode at each vault after 7 days of silence; 48 hours later you claim what is yours with the newest kept proof.

  watch → (the keeper falls silent for 7 days) → enter → (48 hours) → claim

\`mw exit status\` says where each vault is on that way, and what is yours there. None but \`watch\` needs the keeper.

A keeper that lives but does not pay you must answer what you ask of the vault with \`mw exit force\`.`;

export function registerExit(program: Command): void {
  const exit = program
    .command('exit')
    .description('keep exit proofs, and take what is yours when the keeper is gone')
    .addHelpText('after', HELP);
  registerWatch(exit);
  registerStatus(exit);
  registerEnter(exit);
  registerClaim(exit);
  registerForce(exit);
}
