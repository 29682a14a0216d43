// Views that cost much more than an answer, for everybody who asks before anything has changed.
import type { Clock } from '../core/ports.ts';
import type { State } from '../core/state.ts';
import { depthView, solvencyViews } from '../core/viewState.ts';
import type { DepthView, SolvencyView } from '../core/views.ts';

/** Sums over all accounts may be this old. */
const SOLVENCY_REUSE_MS = 1_000;

/** The state as of a sequence. */
interface Now {
  readonly state: State;
  readonly sequence: number;
}

export interface ViewCache {
  /** At most a second old. */
  solvency(now: Now): readonly SolvencyView[];
  /** As of now. undefined: no such book. */
  depth(now: Now, query: { readonly book: number; readonly levels: number }): DepthView | undefined;
}

export function createViewCache(clock: Pick<Clock, 'now'>): ViewCache {
  let sums: { readonly sequence: number; readonly at: number; readonly views: readonly SolvencyView[] } | undefined;
  /** By book: the newest view, and how many levels were asked for. */
  const depths = new Map<number, { readonly levels: number; readonly view: DepthView }>();

  return {
    solvency({ state, sequence }) {
      const isFresh = sums !== undefined && clock.now() - sums.at < SOLVENCY_REUSE_MS;
      if (sums === undefined || !(isFresh || sums.sequence === sequence)) {
        sums = { sequence, at: clock.now(), views: solvencyViews(state) };
      }
      return sums.views;
    },
    depth({ state, sequence }, { book, levels }) {
      const known = depths.get(book);
      if (known !== undefined && known.view.sequence === sequence && known.levels >= levels) {
        const { bids, asks } = known.view;
        return { ...known.view, bids: bids.slice(0, levels), asks: asks.slice(0, levels) };
      }
      const view = depthView(state, { book, levels, sequence });
      if (view !== undefined) depths.set(book, { levels, view });
      return view;
    },
  };
}
