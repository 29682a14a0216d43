// What the bench uses of a package that comes without types.
declare module 'limit-order-book' {
  export class LimitOrder {
    constructor(orderId: string, side: 'bid' | 'ask', price: string, size: string);
  }
  export class LimitOrderBook {
    constructor(options: { symbol: string; priceStep: string; sizeStep: string });
    add(order: LimitOrder): { readonly makers: readonly { readonly filled: string; readonly filledValue: string }[] };
    remove(orderId: string): LimitOrder | null;
  }
}
