// What the contracts refuse, in the words of people. Their names and values are told beside.
const SECONDS_PER_DAY = 86_400;

type Values = readonly unknown[];

const TEXTS: Readonly<Record<string, string | ((values: Values) => string)>> = {
  DepositRegistry_Paused: 'The vault is paused. A pause ends by itself, after three days at the latest.',
  DepositRegistry_TokenNotListed: 'The vault does not take this token.',
  DepositRegistry_CapExceeded: 'With this the vault would hold more of the token than its cap: deposit less, or later.',
  DepositRegistry_ExitIsFinal: 'The exit of this vault is final: `mw exit claim` takes out what is yours.',
  DepositRegistry_NothingReceived: 'Of this token nothing arrived.',
  DepositRegistry_BadRecipient: 'The vault itself cannot be paid.',
  ExitHatch_WrongFee: 'The fee has changed meanwhile: try again.',
  ExitHatch_RequestNotOpen: ([id]) => `Request ${id} was never made here, or is answered.`,
  ExitHatch_NotRunning: 'Exit mode was entered already: `mw exit status` says what comes next.',
  ExitHatch_ClosingIsOver: 'The 48 hours after the entry are over: no further root is taken.',
  ExitHatch_NotLongEnough: ([, waited, needed]) =>
    `${needed} s (${Number(needed) / SECONDS_PER_DAY} days) must pass, pauses left out; ${waited} s have passed.`,
  ExitHatch_RootIsYoung: ([maturesAt]) =>
    `The council may discard the newest root until ${new Date(Number(maturesAt) * 1000).toISOString()}: claim then.`,
  TransferFromFailed: 'The token did not move: is there enough of it, and does its issuer let it go?',
  TransferFailed: 'The token did not move: does its issuer block the recipient?',
};

/** What an error of a contract means; undefined when only an engineer would meet it. */
export function contractErrorText(name: string, values: Values): string | undefined {
  const text = TEXTS[name];
  return typeof text === 'function' ? text(values) : text;
}
