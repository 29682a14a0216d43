// What is known of the development simulator outside of it, so that production code, which does not contain it, can
// recognise its keys and refuse them. Everybody knows the private keys behind these.
import type { Hex } from '../../core/commands.ts';

/** Public key of the KMS root that the simulator plays. */
export const SIMULATED_ROOT: Hex = '0x0283a09d2add10e47240e283029eaba7ae582fbcbfdbfff4d1c8a357985d68cf04';
/** "SIMULATED-APP-ID-MW!" */
export const SIMULATED_APP_ID: Hex = '0x53494d554c415445442d4150502d49442d4d5721';
/** The only home chains on which simulated keys are accepted: those of a development machine. */
export const SIMULATED_CHAIN_IDS: readonly number[] = [31337, 31338];
