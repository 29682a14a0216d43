// What a client of the stream may say.
import Type from 'typebox';
import type { StreamRequest, StreamTopic } from '../../../core/streamViews.ts';
import { HttpError } from '../errors.ts';
import { strict } from '../scalars.ts';
import { createValidator } from '../validate.ts';

const book = Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 });
const token = Type.Optional(Type.String({ minLength: 1, maxLength: 128 }));
const from = Type.Optional(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }));
const ofBook = Type.Enum(['trades', 'book']);
const account = Type.Literal('account');
const executor = Type.Literal('executor');
const cancelOnDisconnect = Type.Optional(Type.Boolean());

/** By `op`, then by what the channel needs: one plain schema each gives plain errors. */
const validators = {
  subscribe: {
    book: createValidator(strict({ op: Type.Literal('subscribe'), channel: ofBook, book, token, from }), 'message'),
    account: createValidator(strict({ op: Type.Literal('subscribe'), channel: account, token, from }), 'message'),
    executor: createValidator(
      strict({ op: Type.Literal('subscribe'), channel: executor, token, from, cancelOnDisconnect }),
      'message',
    ),
  },
  unsubscribe: {
    book: createValidator(strict({ op: Type.Literal('unsubscribe'), channel: ofBook, book }), 'message'),
    account: createValidator(strict({ op: Type.Literal('unsubscribe'), channel: account }), 'message'),
    executor: createValidator(strict({ op: Type.Literal('unsubscribe'), channel: executor }), 'message'),
  },
};
const ping = createValidator(strict({ op: Type.Literal('ping') }), 'message');

/** Throws `request.malformed` or `request.invalid`. */
export function parseClientMessage(text: string): StreamRequest {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    throw new HttpError({ code: 'request.malformed', message: 'The message is not JSON.' });
  }
  const { op, channel } = (data ?? {}) as { readonly op?: unknown; readonly channel?: unknown };
  const kind = channel === 'account' || channel === 'executor' ? channel : 'book';
  const validate = op === 'subscribe' || op === 'unsubscribe' ? validators[op][kind] : ping;
  const result = validate(data);
  if ('error' in result) throw result.error;
  return result.value as StreamRequest;
}

export function topicOf(request: StreamTopic): StreamTopic {
  return 'book' in request ? { channel: request.channel, book: request.book } : { channel: request.channel };
}
