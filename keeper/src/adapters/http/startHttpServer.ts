// The keeper's door: HTTP and WebSocket on one port. Whatever comes in, an answer in the envelope goes out.
import type { AddressInfo, Socket } from 'node:net';
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { TSchema } from 'typebox';
import type { KeeperApi } from '../../core/api.ts';
import type { Logger } from '../../core/ports.ts';
import { createAccess, type PublicBooks, sessionRequired, sessionUnknown } from './access.ts';
import { countConnections } from './connections.ts';
import { type ErrorCode, HttpError, refused } from './errors.ts';
import { DEFAULT_LIMITS, type HttpLimits } from './limits.ts';
import { createDoorMetrics } from './metrics.ts';
import { bodyCost, createBuckets, ipKey } from './rateLimit.ts';
import { rawAnswer } from './rawAnswer.ts';
import { BODY_LIMIT_BYTES, type Route } from './route.ts';
import { accountRoutes } from './routes/accountRoutes.ts';
import { courierRoutes } from './routes/courierRoutes.ts';
import { marketRoutes } from './routes/marketRoutes.ts';
import { operationRoutes } from './routes/operationRoutes.ts';
import { publicRoutes } from './routes/publicRoutes.ts';
import { sessionRoutes } from './routes/sessionRoutes.ts';
import { signedRoutes } from './routes/signedRoutes.ts';
import { createSessions, type Session } from './sessions.ts';
import { serveStream } from './stream/serveStream.ts';
import { createValidator } from './validate.ts';

/** Answers that are under way may take this long when the server closes; streams and the rest are cut then. */
const CLOSE_GRACE_MS = 3_000;
/** How often Node looks for connections that have run into a timeout, at most. */
const MAX_TIMEOUT_CHECK_MS = 1_000;
const PREFLIGHT_SECONDS = 86_400;

export interface HttpServer {
  /** `http://host:port` */
  readonly url: string;
  /** Ends streams, finishes what is being answered, then closes. */
  close(): Promise<void>;
}

interface Asker {
  readonly session: Session | undefined;
  readonly token: string | undefined;
  /** Takes more from whoever has paid. */
  readonly charge: (cost: number) => void;
  /** Lets the signer pay instead of whoever has paid. */
  readonly paidBySigner: (cost: number, signer: string) => void;
}

declare module 'fastify' {
  interface FastifyRequest {
    asker: Asker | null;
  }
  interface FastifyContextConfig {
    route?: Route;
  }
}

/**
 * Serves the API of docs/api.md.
 * @param input.port 0 takes a free one.
 * @param input.domain authority (`host` or `host:port`) that sign-in texts must name; by default where it listens.
 * @param input.publicBooks what everybody sees of books and trades.
 * @param input.limits those that differ from `DEFAULT_LIMITS`.
 */
export async function startHttpServer(input: {
  readonly api: KeeperApi;
  readonly host: string;
  readonly port: number;
  readonly domain?: string;
  readonly publicBooks: PublicBooks;
  readonly limits?: Partial<HttpLimits>;
  readonly logger: Logger;
}): Promise<HttpServer> {
  const { api, host, logger } = input;
  const limits = { ...DEFAULT_LIMITS, ...input.limits };
  const hostInUrl = host.includes(':') ? `[${host}]` : host;
  const app = createApp(limits, logger);
  const authority = () => `${hostInUrl}:${(app.server.address() as AddressInfo).port}`;

  const buckets = createBuckets(api.now);
  const domain = () => input.domain ?? authority();
  const sessions = createSessions({
    domain,
    chainId: api.homeChainId,
    now: api.now,
    checkContractSignature: api.checkContractSignature,
  });
  const access = createAccess(api, input.publicBooks);
  const checkConnection = countConnections(app.server, limits);
  let closing = false;

  /** Finds out who asks and lets him pay: for the request, and for the body before it is read. */
  function identify(request: FastifyRequest): Asker {
    const { bodyLimit = BODY_LIMIT_BYTES, config } = request.routeOptions;
    const { route } = config;
    const cost = route?.cost ?? 1;
    const token = route === undefined || route.session === 'none' ? undefined : bearerToken(request);
    const session = token === undefined ? undefined : sessions.find(token);
    const ip = { key: ipKey(request.socket.remoteAddress), rate: limits.ip };
    const isExecutor = access.isExecutor(session);
    const payer =
      session === undefined ? ip : { key: session.address, rate: isExecutor ? limits.executor : limits.account };
    // Accounts cost nothing to make, so that bodies are paid by where they come from.
    const body = { ...(isExecutor ? payer : ip), cost: bodyCost(request.headers, bodyLimit) };
    buckets.take({ ...payer, cost });
    // Debts of an address do not hold up sessions that send nothing large.
    if (body.cost > 0) buckets.take(body);
    if (token !== undefined && session === undefined) throw sessionUnknown();
    if (session === undefined && route?.session === 'required') throw sessionRequired();
    return {
      session,
      token,
      charge: (more) => buckets.charge({ ...payer, cost: more }),
      paidBySigner(signerCost, signer) {
        buckets.refund({ ...payer, cost });
        buckets.refund(body);
        const rate = signer === api.executor() ? limits.executor : limits.account;
        buckets.charge({ key: signer, rate, cost: signerCost });
      },
    };
  }

  app.addHook('onRequest', async (request, reply) => {
    // Browsers may ask from anywhere: nothing here depends on cookies or on where a page comes from.
    reply.headers({ 'access-control-allow-origin': '*', 'access-control-expose-headers': 'retry-after' });
    reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (closing) reply.header('connection', 'close');
    if (closing) throw new HttpError({ code: 'keeper.closing', message: 'The keeper is stopping.', retryable: true });
    checkConnection(request.socket);
    request.asker = identify(request);
  });

  const metrics = createDoorMetrics();
  const shared = { server: app.server, api, access, sessions, buckets, limits, logger, checkConnection, metrics };
  const stream = serveStream(shared);
  const routes = [
    ...publicRoutes({ api }),
    ...marketRoutes({ api, access }),
    ...signedRoutes({ api, buckets, rates: limits }),
    ...sessionRoutes({ sessions }),
    ...accountRoutes({ api, access }),
    ...courierRoutes({ api }),
  ];
  for (const route of [...routes, ...operationRoutes({ api, metrics, streams: stream.clients, routes })]) {
    serve(app, api, route);
  }
  servePreflight(app);
  app.addHook('onResponse', async ({ method, routeOptions }, { statusCode, elapsedTime }) => {
    const route = routeOptions.config.route?.url ?? 'none';
    metrics.answered({ method: route === 'none' ? 'any' : method, route, status: statusCode, ms: elapsedTime });
  });
  app.addHook('preClose', () => stream.close());
  try {
    await app.listen({ host, port: input.port });
  } catch (error) {
    await app.close();
    throw error;
  }

  return {
    url: `http://${authority()}`,
    async close() {
      closing = true;
      const cut = setTimeout(() => app.server.closeAllConnections(), CLOSE_GRACE_MS);
      await app.close();
      clearTimeout(cut);
      metrics.close();
    },
  };
}

function createApp(limits: HttpLimits, logger: Logger): FastifyInstance {
  const answer = (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const httpError = toHttpError(error, request, logger);
    if (httpError.retryAfterSeconds !== undefined) reply.header('retry-after', httpError.retryAfterSeconds);
    // After these nobody knows where the next request would begin, or it is the connection that is unwanted.
    if (['request.tooLarge', 'limit.connections'].includes(httpError.body.code)) reply.header('connection', 'close');
    reply.code(httpError.status).send(httpError.body);
  };
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    // Every schema is closed to fields that it does not name, these included.
    onProtoPoisoning: 'ignore',
    onConstructorPoisoning: 'ignore',
    connectionTimeout: limits.idleTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    http: {
      headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.min(MAX_TIMEOUT_CHECK_MS, limits.headersTimeoutMs),
    },
    frameworkErrors: answer,
    clientErrorHandler: (error, socket) => answerBrokenHttp(error, socket),
  });
  app.decorateRequest('asker', null);
  app.removeContentTypeParser('text/plain');
  app.setErrorHandler(answer);
  app.setNotFoundHandler((request, reply) => {
    const message = `There is no ${request.method} ${request.url.split('?', 1)[0]}; see /v1/openapi.json.`;
    answer(new HttpError({ code: 'route.unknown', message }), request, reply);
  });
  app.setValidatorCompiler<TSchema>(({ schema, httpPart }) => {
    const parts = { body: 'body', querystring: 'query', params: 'path' } as const;
    return createValidator(schema, parts[httpPart as keyof typeof parts]);
  });
  return app;
}

function serve(app: FastifyInstance, api: KeeperApi, route: Route): void {
  app.route({
    method: route.method,
    url: route.url,
    bodyLimit: route.bodyLimitBytes,
    config: { route },
    schema: { querystring: route.query, params: route.params, ...(route.hasBody ? { body: route.body } : {}) },
    preValidation: async (request) => {
      const refusal = route.needsState ? api.notReady() : undefined;
      if (refusal !== undefined) throw refused(refusal);
      route.admit(request.body);
    },
    handler: (request, reply) => {
      reply.type(route.mediaType);
      if (request.asker === null) throw new Error('The request was not identified.');
      const { query, params, body, asker } = request;
      return route.handle({ query, params, body, ...asker } as never);
    },
  });
}

function servePreflight(app: FastifyInstance): void {
  app.options('*', (_request, reply) =>
    reply
      .headers({
        'access-control-allow-methods': 'GET, POST, DELETE',
        'access-control-allow-headers': 'authorization, content-type',
        'access-control-max-age': PREFLIGHT_SECONDS,
      })
      .code(204)
      .send(),
  );
}

function bearerToken(request: FastifyRequest): string | undefined {
  const header = request.headers.authorization;
  if (header === undefined) return undefined;
  // What is not of this form is no token of ours: an unknown one.
  return /^Bearer ([\w-]{1,128})$/i.exec(header)?.[1] ?? '';
}

const FASTIFY_CODES: Readonly<Record<string, { readonly code: ErrorCode; readonly message: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'request.tooLarge', message: 'The body is too large.' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'request.mediaType', message: 'Send `content-type: application/json`.' },
};

/** Refusals stay what they are; what Fastify could not read is the sender's mistake; anything else is ours. */
function toHttpError(error: unknown, request: FastifyRequest, logger: Logger): HttpError {
  if (error instanceof HttpError) return error;
  const { code = '', statusCode = 500 } = error as Partial<FastifyError>;
  const known = FASTIFY_CODES[code];
  if (known !== undefined) return new HttpError(known);
  if (statusCode >= 400 && statusCode < 500) {
    return new HttpError({
      code: 'request.malformed',
      message: 'The request is not well-formed HTTP with a JSON body.',
    });
  }
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  logger.error({ method: request.method, route: request.routeOptions.url, error: text }, 'A request failed');
  return new HttpError({
    code: 'internal',
    message: 'The keeper failed to answer; it has logged why.',
    retryable: true,
  });
}

function answerBrokenHttp(error: Error & { readonly code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const codes: Readonly<Record<string, { readonly code: ErrorCode; readonly message: string }>> = {
    ERR_HTTP_REQUEST_TIMEOUT: { code: 'request.timeout', message: 'The request did not arrive in time.' },
    HPE_HEADER_OVERFLOW: { code: 'request.headersTooLarge', message: 'The headers are too large.' },
  };
  const malformed = { code: 'request.malformed', message: 'This is not HTTP.' } as const;
  rawAnswer(socket, new HttpError(codes[error.code ?? ''] ?? malformed));
}
