// The OpenAPI 3.1 document, whose schemas are JSON Schema as it is: the route table, written down another way.
import type { TSchema } from 'typebox';
import { STATUS } from './errors.ts';
import type { Route } from './route.ts';
import { ErrorAnswer } from './schemas.ts';

type Properties = Readonly<Record<string, TSchema>>;

interface OpenApi {
  readonly openapi: string;
  readonly info: object;
  readonly paths: object;
  readonly components: object;
}

export function openApiDocument(routes: readonly Route[]): OpenApi {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const path = route.url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Myrtle Wyckoff keeper',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description: 'Prose, examples and the WebSocket protocol of /v1/stream are in docs/api.md.',
    },
    paths,
    components: {
      schemas: { Error: errorSchema() },
      securitySchemes: { session: { type: 'http', scheme: 'bearer' } },
    },
  };
}

/** Which codes there are, and with which status they come. */
function errorSchema(): object {
  const { properties } = ErrorAnswer;
  const code = { ...properties.code, enum: Object.keys(STATUS), 'x-status': STATUS };
  return { ...ErrorAnswer, properties: { ...properties, code } };
}

function operation(route: Route): object {
  const security = { none: undefined, optional: [{}, { session: [] }], required: [{ session: [] }] }[route.session];
  return {
    summary: route.summary,
    parameters: [...parameters(route.params, 'path'), ...parameters(route.query, 'query')],
    ...(route.hasBody ? { requestBody: { required: true, content: json(route.body) } } : {}),
    responses: {
      200: { description: 'Done', content: { [route.mediaType]: { schema: route.answer } } },
      default: { description: 'Refused', content: json({ $ref: '#/components/schemas/Error' }) },
    },
    ...(security === undefined ? {} : { security }),
  };
}

function parameters(schema: TSchema, place: 'path' | 'query'): object[] {
  const { properties = {}, required = [] } = schema as { properties?: Properties; required?: readonly string[] };
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: required.includes(name),
    schema: property,
  }));
}

function json(schema: object): object {
  return { 'application/json': { schema } };
}
