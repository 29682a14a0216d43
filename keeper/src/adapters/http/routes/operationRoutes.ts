// For those who run or program against a keeper: what Prometheus scrapes, and the description of all routes.
import Type from 'typebox';
import type { KeeperApi } from '../../../core/api.ts';
import { type DoorMetrics, healthMetrics, metricsText } from '../metrics.ts';
import { openApiDocument } from '../openApi.ts';
import { type Route, route } from '../route.ts';

/** @param input.routes all others, which the OpenAPI document describes beside these. */
export function operationRoutes(input: {
  readonly api: KeeperApi;
  readonly metrics: DoorMetrics;
  readonly streams: () => number;
  readonly routes: readonly Route[];
}): Route[] {
  const { api, metrics } = input;
  const own: readonly Route[] = [
    route({
      method: 'GET',
      url: '/metrics',
      summary: 'Numbers for Prometheus, in its text format',
      answer: Type.String(),
      mediaType: 'text/plain; version=0.0.4; charset=utf-8',
      needsState: false,
      async handle() {
        return metricsText([...healthMetrics(await api.health()), ...metrics.metrics(input.streams())]);
      },
    }),
    route({
      method: 'GET',
      url: '/v1/openapi.json',
      summary: 'This document',
      answer: Type.Unsafe<string>(Type.Object({ openapi: Type.String(), paths: Type.Object({}) })),
      needsState: false,
      handle: () => document,
    }),
  ];
  // Written once: it is long, and everybody may ask for it.
  const document = JSON.stringify(openApiDocument([...input.routes, ...own]));
  return [...own];
}
