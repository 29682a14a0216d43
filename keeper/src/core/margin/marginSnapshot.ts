// Risk terms, debt limits and prices as bytes. A checkpoint holds what is believed now; how the stable price came about, and
// what waits to be believed, stay with the journal: after a recovery from chain the delayed price begins where the stable
// price was.

import { NO_CREDIT } from '../ledger.ts';
import type { GuardedPrice } from '../oracle/priceGuard.ts';
import type { Book } from '../orderBook.ts';
import {
  FormatError,
  type Reader,
  readBig,
  readByte,
  readCount,
  readFlag,
  readInteger,
  type Writer,
  writeBig,
  writeByte,
  writeInteger,
} from '../packing.ts';
import { LIQUIDATIONS_LIMIT, type MarginState } from './marginState.ts';
import { DELAYS, startStablePrice } from './stablePrice.ts';

/** Behind each asset of a checkpoint: its terms, then bid, ask, time, stable price and the time of its newest step. */
export function writeAssetRisk(writer: Writer, { risks, prices }: MarginState, index: number): void {
  const risk = risks[index];
  writeByte(writer, risk === undefined ? 0 : 1);
  if (risk !== undefined) {
    writeInteger(writer, risk.initAssetWeightPpm);
    writeInteger(writer, risk.initLiabilityWeightPpm);
    writeInteger(writer, risk.maintAssetWeightPpm);
    writeInteger(writer, risk.maintLiabilityWeightPpm);
    writeInteger(writer, risk.liquidationFeePpm);
    writeBig(writer, risk.depositScaleStart);
    writeBig(writer, risk.borrowScaleStart);
    writeBig(writer, risk.borrowCap);
  }
  const price = prices[index];
  writeByte(writer, price === undefined ? 0 : 1);
  if (price === undefined) return;
  writeBig(writer, price.bid);
  writeBig(writer, price.ask);
  writeInteger(writer, price.time);
  writeBig(writer, price.stable.price);
  writeInteger(writer, price.stable.updatedAt);
}

export function readAssetRisk(reader: Reader, { risks, prices }: MarginState, index: number): void {
  if (readFlag(reader)) {
    risks[index] = {
      initAssetWeightPpm: readInteger(reader),
      initLiabilityWeightPpm: readInteger(reader),
      maintAssetWeightPpm: readInteger(reader),
      maintLiabilityWeightPpm: readInteger(reader),
      liquidationFeePpm: readInteger(reader),
      depositScaleStart: readBig(reader),
      borrowScaleStart: readBig(reader),
      borrowCap: readBig(reader),
    };
  }
  if (readFlag(reader)) prices[index] = readPrice(reader);
}

/** In the order in which the Directory first named the tiers. */
export function writeDebtLimits(writer: Writer, { debtLimits }: MarginState): void {
  writeInteger(writer, debtLimits.size);
  for (const [tier, debtLimit] of debtLimits) {
    writeByte(writer, tier);
    writeBig(writer, debtLimit);
  }
}

export function readDebtLimits(reader: Reader, { debtLimits }: MarginState): void {
  for (let left = readCount(reader, NO_CREDIT); left > 0; left--) {
    const tier = readByte(reader);
    if (tier === 0 || tier >= NO_CREDIT || debtLimits.has(tier)) throw new FormatError(`credit of tier ${tier}`);
    debtLimits.set(tier, readBig(reader));
  }
}

function readPrice(reader: Reader): GuardedPrice {
  const bid = readBig(reader);
  const ask = readBig(reader);
  const time = readInteger(reader);
  const stable = startStablePrice(readBig(reader), readInteger(reader));
  if (bid === 0n || bid > ask || stable.price === 0n) throw new FormatError('a price that nobody believes');
  return { bid, ask, time, stable, held: undefined, halted: false };
}

/** Who is being liquidated, since when, and what of it is marked for settlement: a checkpoint must carry what stops withdrawals. */
export function writeLiquidations(writer: Writer, { liquidations, stopEnds, stopsFullAt }: MarginState): void {
  writeInteger(writer, stopEnds);
  writeInteger(writer, stopsFullAt);
  writeInteger(writer, liquidations.size);
  for (const [account, { since, bankruptSince, settlement }] of liquidations) {
    writeInteger(writer, account);
    writeInteger(writer, since);
    writeInteger(writer, bankruptSince);
    writeByte(writer, settlement === undefined ? 0 : 1);
    if (settlement === undefined) continue;
    writeInteger(writer, settlement.asset);
    writeInteger(writer, settlement.liability);
    writeInteger(writer, settlement.given);
    writeInteger(writer, settlement.repaid);
  }
}

export function readLiquidations(reader: Reader, margin: MarginState, assets: number): void {
  const { liquidations } = margin;
  margin.stopEnds = readInteger(reader);
  margin.stopsFullAt = readInteger(reader);
  for (let left = readCount(reader, LIQUIDATIONS_LIMIT); left > 0; left--) {
    const account = readInteger(reader);
    const since = readInteger(reader);
    const bankruptSince = readInteger(reader);
    const settlement = readFlag(reader)
      ? {
          asset: readInteger(reader),
          liability: readInteger(reader),
          given: readInteger(reader),
          repaid: readInteger(reader),
        }
      : undefined;
    if (liquidations.has(account)) throw new FormatError(`account ${account} is liquidated twice`);
    if (settlement !== undefined && Math.max(settlement.asset, settlement.liability) >= assets) {
      throw new FormatError('a settlement of no asset');
    }
    liquidations.set(account, { since, bankruptSince, settlement });
  }
}

/** The newest trade of every book, for the local disk. */
export function writeTrades(writer: Writer, books: readonly Book[]): void {
  for (const { lastPrice, lastTime } of books) {
    writeInteger(writer, lastPrice);
    writeInteger(writer, lastTime);
  }
}

export function readTrades(reader: Reader, books: readonly Book[]): void {
  for (const book of books) {
    book.lastPrice = readInteger(reader);
    book.lastTime = readInteger(reader);
  }
}

/** The rest of the prices, and where the looks at accounts go on, for the local disk. */
export function writePriceHistory(writer: Writer, { prices, nextLook, looksLeft }: MarginState): void {
  writeInteger(writer, nextLook);
  writeInteger(writer, looksLeft);
  for (const price of prices) {
    if (price === undefined) continue;
    const { stable, held, halted } = price;
    for (const delayed of stable.delayed) writeBig(writer, delayed);
    writeBig(writer, stable.weightedSum);
    writeInteger(writer, stable.weightSeconds);
    writeByte(writer, halted ? 1 : 0);
    writeByte(writer, held === undefined ? 0 : 1);
    if (held === undefined) continue;
    writeBig(writer, held.mid);
    writeInteger(writer, held.since);
    writeInteger(writer, held.time);
    writeInteger(writer, held.count);
  }
}

export function readPriceHistory(reader: Reader, margin: MarginState): void {
  const { prices } = margin;
  margin.nextLook = readInteger(reader);
  margin.looksLeft = readInteger(reader);
  for (const [index, price] of prices.entries()) {
    if (price === undefined) continue;
    const delayed = Array.from({ length: DELAYS }, () => readBig(reader));
    const stable = { ...price.stable, delayed, weightedSum: readBig(reader), weightSeconds: readInteger(reader) };
    const halted = readFlag(reader);
    const held = readFlag(reader)
      ? { mid: readBig(reader), since: readInteger(reader), time: readInteger(reader), count: readInteger(reader) }
      : undefined;
    prices[index] = { ...price, stable, halted, held };
  }
}
