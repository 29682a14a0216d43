// Commands as bytes, for the journal. One encoding per command, with its version; readers refuse everything else.
import type { AddressCache } from './addressCache.ts';
import type {
  Action,
  AnswerForcedCommand,
  BatchCommand,
  Command,
  LogCommand,
  LogEntry,
  PricesCommand,
  WithdrawalCancelCommand,
  WithdrawalRequestCommand,
} from './commands.ts';
import {
  createReader,
  createWriter,
  expectEnd,
  FormatError,
  type Reader,
  readAddress,
  readBig,
  readBlob,
  readByte,
  readCount,
  readFlag,
  readHex,
  readInteger,
  type Writer,
  writeAddress,
  writeBig,
  writeBlob,
  writeByte,
  writeBytes,
  writeHex,
  writeInteger,
  written,
} from './packing.ts';
import type { BatchMessage } from './typedMessages.ts';

const VERSION = 2;
const WORD = 32;
/** Most items that a reader believes in. What is too many for a batch, the core decides and answers. */
const ITEM_LIMIT = 1_048_576;
/** A chain that was away for long comes back with all its entries at once; what was written must be read. */
const ENTRY_LIMIT = 2 ** 31 - 1;

const BATCH = 1;
const REQUEST_WITHDRAWAL = 2;
const CANCEL_WITHDRAWAL = 3;
const LOG = 4;
const CUT_CHECKPOINT = 5;
const TICK = 6;
const EXECUTOR_LOST = 7;
const PRICES = 8;
const ANSWER_FORCED = 9;

/** Throws `FormatError` when a field is outside its type (an integer above 2⁵³ − 1, hex of another length). */
export function encodeCommand(command: Command): Uint8Array {
  const writer = createWriter();
  writeByte(writer, VERSION);
  switch (command.type) {
    case 'batch':
      writeByte(writer, BATCH);
      writeInteger(writer, command.time);
      writeBytes(writer, command.encoded ?? encodeBatch(command));
      break;
    case 'requestWithdrawal':
      writeByte(writer, REQUEST_WITHDRAWAL);
      writeInteger(writer, command.time);
      writeWithdrawalRequest(writer, command);
      break;
    case 'cancelWithdrawal':
      writeByte(writer, CANCEL_WITHDRAWAL);
      writeInteger(writer, command.time);
      writeAddress(writer, command.account);
      writeInteger(writer, command.chainId);
      writeBig(writer, command.nonce);
      break;
    case 'log':
      writeByte(writer, LOG);
      writeInteger(writer, command.time);
      writeLog(writer, command);
      break;
    case 'answerForced':
      writeByte(writer, ANSWER_FORCED);
      writeInteger(writer, command.time);
      writeAnswerForced(writer, command);
      break;
    case 'cutCheckpoint':
      writeByte(writer, CUT_CHECKPOINT);
      writeInteger(writer, command.time);
      break;
    case 'tick':
      writeByte(writer, TICK);
      writeInteger(writer, command.time);
      break;
    case 'executorLost':
      writeByte(writer, EXECUTOR_LOST);
      writeInteger(writer, command.time);
      writeAddress(writer, command.executor);
      break;
    case 'prices':
      writeByte(writer, PRICES);
      writeInteger(writer, command.time);
      writePrices(writer, command);
      break;
  }
  return written(writer);
}

/** What is signed of a batch, without its time: the end of what `encodeCommand` writes. Throws `FormatError` as that does. */
export function encodeBatch(batch: BatchMessage): Uint8Array {
  const writer = createWriter();
  writeAddress(writer, batch.executor);
  writeInteger(writer, batch.epoch);
  writeInteger(writer, batch.nonce);
  writeInteger(writer, batch.deadline);
  writeByte(writer, batch.makersFirst ? 1 : 0);
  writeInteger(writer, batch.actions.length);
  for (const action of batch.actions) writeAction(writer, action);
  return written(writer);
}

/** The command that `encodeCommand` gave these bytes for. Throws `FormatError` for any other bytes. */
export function decodeCommand(bytes: Uint8Array, addresses?: AddressCache): Command {
  const reader = createReader(bytes, addresses);
  const command = readCommand(reader);
  expectEnd(reader);
  return command;
}

/** Each command behind the length of its bytes (4 bytes, big-endian). */
export function encodeCommands(commands: readonly Command[]): Uint8Array {
  const writer = createWriter();
  for (const command of commands) {
    const bytes = encodeCommand(command);
    writeLength(writer, bytes.length);
    writeBytes(writer, bytes);
  }
  return written(writer);
}

/** The commands that `encodeCommands` gave these bytes for. Throws `FormatError` for any other bytes. */
export function decodeCommands(bytes: Uint8Array, addresses: AddressCache): Command[] {
  const reader = createReader(bytes, addresses);
  const commands: Command[] = [];
  while (reader.offset < bytes.length) {
    const length = readLength(reader);
    const start = reader.offset;
    commands.push(readCommand(reader));
    const read = reader.offset - start;
    if (read !== length) throw new FormatError(`a command of ${read} bytes where ${length} were announced`);
  }
  return commands;
}

function writeLength(writer: Writer, length: number): void {
  for (let shift = 24; shift >= 0; shift -= 8) writeByte(writer, (length >>> shift) & 255);
}

function readLength(reader: Reader): number {
  let length = 0;
  for (let byte = 0; byte < 4; byte++) length = length * 256 + readByte(reader);
  return length;
}

function readCommand(reader: Reader): Command {
  const version = readByte(reader);
  if (version !== VERSION) throw new FormatError(`a command of version ${version}; this keeper reads ${VERSION}`);
  const kind = readByte(reader);
  return readContent(reader, kind, readInteger(reader));
}

function readContent(reader: Reader, kind: number, time: number): Command {
  switch (kind) {
    case BATCH:
      return readBatch(reader, time);
    case REQUEST_WITHDRAWAL:
      return readWithdrawalRequest(reader, time);
    case CANCEL_WITHDRAWAL:
      return readWithdrawalCancel(reader, time);
    case LOG:
      return readLog(reader, time);
    case ANSWER_FORCED:
      return readAnswerForced(reader, time);
    case CUT_CHECKPOINT:
      return { type: 'cutCheckpoint', time };
    case TICK:
      return { type: 'tick', time };
    case EXECUTOR_LOST:
      return { type: 'executorLost', time, executor: readAddress(reader) };
    case PRICES:
      return { type: 'prices', time, prices: readMany(reader, ITEM_LIMIT, readPrice) };
    default:
      throw new FormatError(`a command of unknown kind ${kind}`);
  }
}

function readBatch(reader: Reader, time: number): BatchCommand {
  return {
    type: 'batch',
    time,
    executor: readAddress(reader),
    epoch: readInteger(reader),
    nonce: readInteger(reader),
    deadline: readInteger(reader),
    makersFirst: readFlag(reader),
    actions: readMany(reader, ITEM_LIMIT, readAction),
  };
}

function writeAction(writer: Writer, action: Action): void {
  writeInteger(writer, action.kind);
  writeAddress(writer, action.account);
  writeInteger(writer, action.subaccount);
  writeInteger(writer, action.book);
  writeInteger(writer, action.side);
  writeInteger(writer, action.timeInForce);
  writeInteger(writer, action.flags);
  writeInteger(writer, action.price);
  writeInteger(writer, action.quantity);
  writeInteger(writer, action.orderId);
  writeInteger(writer, action.clientId);
  writeInteger(writer, action.expiry);
  writeInteger(writer, action.maxFeePpm);
}

function readAction(reader: Reader): Action {
  return {
    kind: readInteger(reader),
    account: readAddress(reader),
    subaccount: readInteger(reader),
    book: readInteger(reader),
    side: readInteger(reader),
    timeInForce: readInteger(reader),
    flags: readInteger(reader),
    price: readInteger(reader),
    quantity: readInteger(reader),
    orderId: readInteger(reader),
    clientId: readInteger(reader),
    expiry: readInteger(reader),
    maxFeePpm: readInteger(reader),
  };
}

function writeWithdrawalRequest(writer: Writer, command: WithdrawalRequestCommand): void {
  writeAddress(writer, command.account);
  writeInteger(writer, command.subaccount);
  writeInteger(writer, command.chainId);
  writeAddress(writer, command.token);
  writeBig(writer, command.amount);
  writeAddress(writer, command.recipient);
  writeBig(writer, command.nonce);
  writeInteger(writer, command.deadline);
}

function readWithdrawalRequest(reader: Reader, time: number): WithdrawalRequestCommand {
  return {
    type: 'requestWithdrawal',
    time,
    account: readAddress(reader),
    subaccount: readInteger(reader),
    chainId: readInteger(reader),
    token: readAddress(reader),
    amount: readBig(reader),
    recipient: readAddress(reader),
    nonce: readBig(reader),
    deadline: readInteger(reader),
  };
}

function readWithdrawalCancel(reader: Reader, time: number): WithdrawalCancelCommand {
  return {
    type: 'cancelWithdrawal',
    time,
    account: readAddress(reader),
    chainId: readInteger(reader),
    nonce: readBig(reader),
  };
}

function writeAnswerForced(writer: Writer, command: AnswerForcedCommand): void {
  writeInteger(writer, command.chainId);
  writeInteger(writer, command.id);
  writeAddress(writer, command.account);
  writeAddress(writer, command.token);
  writeBig(writer, command.open);
  writeBig(writer, command.capacity);
  writeByte(writer, command.isKeyHolder ? 1 : 0);
  writeByte(writer, command.transferFails ? 1 : 0);
}

function readAnswerForced(reader: Reader, time: number): AnswerForcedCommand {
  return {
    type: 'answerForced',
    time,
    chainId: readInteger(reader),
    id: readInteger(reader),
    account: readAddress(reader),
    token: readAddress(reader),
    open: readBig(reader),
    capacity: readBig(reader),
    isKeyHolder: readFlag(reader),
    transferFails: readFlag(reader),
  };
}

function writeLog(writer: Writer, command: LogCommand): void {
  writeInteger(writer, command.chainId);
  writeAddress(writer, command.contract);
  writeInteger(writer, command.firstIndex);
  writeInteger(writer, command.block.number);
  writeHex(writer, command.block.hash, WORD);
  writeInteger(writer, command.block.timestamp);
  writeInteger(writer, command.entries.length);
  for (const entry of command.entries) {
    writeHex(writer, entry.kind, WORD);
    writeBlob(writer, entry.data);
  }
  writeInteger(writer, command.contracts.length);
  for (const contract of command.contracts) writeAddress(writer, contract);
}

function readLog(reader: Reader, time: number): LogCommand {
  const chainId = readInteger(reader);
  const contract = readAddress(reader);
  const firstIndex = readInteger(reader);
  const block = { number: readInteger(reader), hash: readHex(reader, WORD), timestamp: readInteger(reader) };
  const entries = readMany(reader, ENTRY_LIMIT, readEntry);
  const contracts = readMany(reader, ENTRY_LIMIT, readAddress);
  return { type: 'log', time, chainId, contract, firstIndex, entries, contracts, block };
}

function readEntry(reader: Reader): LogEntry {
  return { kind: readHex(reader, WORD), data: readBlob(reader) };
}

function writePrices(writer: Writer, { prices }: PricesCommand): void {
  writeInteger(writer, prices.length);
  for (const { asset, time, bid, ask, confidencePpm } of prices) {
    writeInteger(writer, asset);
    writeInteger(writer, time);
    writeBig(writer, bid);
    writeBig(writer, ask);
    writeInteger(writer, confidencePpm);
  }
}

function readPrice(reader: Reader): PricesCommand['prices'][number] {
  return {
    asset: readInteger(reader),
    time: readInteger(reader),
    bid: readBig(reader),
    ask: readBig(reader),
    confidencePpm: readInteger(reader),
  };
}

function readMany<T>(reader: Reader, limit: number, read: (reader: Reader) => T): T[] {
  const count = readCount(reader, limit);
  const items: T[] = [];
  for (let i = 0; i < count; i++) items.push(read(reader));
  return items;
}
