// What there is to follow, who may follow it, and with what it begins.
import type { KeeperApi, StreamItem } from '../../../core/api.ts';
import type { Address } from '../../../core/commands.ts';
import type { CoreEvent } from '../../../core/events.ts';
import type {
  AccountEventView,
  DirectoryChangedView,
  ExitModeChangedView,
  StreamTopic,
} from '../../../core/streamViews.ts';
import type { TradeView } from '../../../core/views.ts';
import { type Access, sessionRequired, sessionUnknown } from '../access.ts';
import { bookUnknown } from '../errors.ts';
import { MAX_ORDERS } from '../schemas.ts';
import type { Session, Sessions } from '../sessions.ts';
import { type AccountEvents, accountsOf, addressOf, tradeView } from './eventViews.ts';

const SNAPSHOT_TRADES = 50;

type Told = TradeView | AccountEventView | DirectoryChangedView | ExitModeChangedView;

export interface Topics {
  /** What the topic is called inside, for the holder of the token. Throws unless he may follow it. */
  authorize(topic: StreamTopic, token: string | undefined): string;
  /** How the topics that are no books begin, as of now. */
  snapshot(topic: Exclude<StreamTopic, { channel: 'book' }>, token: string | undefined): object;
}

export function createTopics(input: {
  readonly api: KeeperApi;
  readonly access: Access;
  readonly sessions: Pick<Sessions, 'find'>;
}): Topics {
  const { api, access, sessions } = input;

  function sessionOf(token: string | undefined): Session | undefined {
    if (token === undefined) return undefined;
    const session = sessions.find(token);
    if (session === undefined) throw sessionUnknown();
    return session;
  }

  return {
    authorize(topic, token) {
      const session = sessionOf(token);
      if (topic.channel === 'book' || topic.channel === 'trades') {
        access.requireMarketData(topic.channel === 'book' ? 'depth' : 'trades', session);
        if (!api.books().some(({ book }) => book === topic.book)) throw bookUnknown(topic.book);
        return topic.channel === 'book' ? bookKey(topic.book) : tradesKey(topic.book);
      }
      if (session === undefined) throw sessionRequired();
      if (topic.channel === 'account') return accountKey(session.address);
      access.requireExecutor(session);
      return EXECUTOR_KEY;
    },
    snapshot(topic, token) {
      if (topic.channel === 'executor') return { books: api.books() };
      if (topic.channel === 'trades') {
        return { trades: [...api.trades({ book: topic.book, limit: SNAPSHOT_TRADES })].reverse() };
      }
      const session = sessionOf(token);
      if (session === undefined) throw sessionRequired();
      const { address } = session;
      const [accounts, orders] = [api.accounts(address), api.orders({ address, limit: MAX_ORDERS })];
      return { address, accounts, orders, withdrawals: api.withdrawals(address), exits: api.exits() };
    },
  };
}

const EXECUTOR_KEY = 'executor';
/** The address itself: it is looked up for every event, and a new string would have to be hashed each time. */
export const accountKey = (address: Address): string => address;
/** Whose account is followed under that key; undefined when it is another topic's. */
export function accountOfKey(key: string): Address | undefined {
  return key.startsWith('0x') ? (key as Address) : undefined;
}
const tradesKey = (book: number) => `trades ${book}`;
export const bookKey = (book: number) => `book ${book}`;

/** What concerns no account alone. */
function toEverybody(
  event: CoreEvent,
  followed: () => Iterable<string>,
): { readonly key: string; readonly view: Told }[] {
  if (event.type === 'directoryChanged') return [{ key: EXECUTOR_KEY, view: { type: event.type, what: event.what } }];
  if (event.type !== 'exitModeChanged') return [];
  const keys = [...followed()].filter((key) => key === EXECUTOR_KEY || accountOfKey(key) !== undefined);
  return keys.map((key) => ({ key, view: event }));
}

/** What a command says on each of the `followed` topics but the books, as the `data` of a delta. `wanted`: it is among them. */
export function deltasOf(
  item: StreamItem,
  { wanted, followed }: { readonly wanted: (key: string) => boolean; readonly followed: () => Iterable<string> },
  accountEvents: AccountEvents,
): Map<string, object> {
  const lists = new Map<string, Told[]>();
  const add = (key: string, view: Told) => {
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [view]);
    else list.push(view);
  };
  const all = wanted(EXECUTOR_KEY);
  const isFollowed = (address: Address) => wanted(accountKey(address));
  for (const event of item.events) {
    for (const { key, view } of toEverybody(event, followed)) if (wanted(key)) add(key, view);
    if (event.type === 'fill' && wanted(tradesKey(event.book))) add(tradesKey(event.book), tradeView(event, item));
    if (!all && !accountsOf(event).some(({ address }) => isFollowed(address))) continue;
    for (const view of accountEvents(event, item, isFollowed)) {
      const key = accountKey(addressOf(view));
      if (wanted(key)) add(key, view);
      if (all && view.type !== 'lossShared') add(EXECUTOR_KEY, view);
    }
  }
  const name = (key: string) => (key.startsWith('trades ') ? 'trades' : 'events');
  return new Map([...lists].map(([key, list]) => [key, { [name(key)]: list }]));
}
