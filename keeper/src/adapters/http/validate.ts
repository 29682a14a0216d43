// Checks one part of a request against its schema; the first problem goes back with its path.
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import type { TLocalizedValidationError } from 'typebox/error';
import { HttpError } from './errors.ts';

/** Names of the parts, as the sender knows them. */
type RequestPart = 'body' | 'query' | 'path' | 'message';

/** Returns the value, or the refusal (`request.invalid`). */
export function createValidator(
  schema: TSchema,
  part: RequestPart,
): (data: unknown) => { readonly value: unknown } | { readonly error: HttpError } {
  const compiled = Compile(schema);
  const integers = part === 'query' || part === 'path' ? integerNames(schema) : new Set<string>();

  return (data) => {
    const value = integers.size === 0 ? data : withIntegers(data, integers);
    if (compiled.Check(value)) return { value };
    const [problem] = compiled.Errors(value);
    const path = problem?.instancePath ?? '';
    const text = problem === undefined ? 'is invalid' : textOf(problem);
    const message = `The ${part}${path === '' ? '' : ` at ${path}`} ${text}.`;
    return { error: new HttpError({ code: 'request.invalid', message, details: { part, path, problem: text } }) };
  };
}

/** What closes an object to other fields is reported as a schema that is false. */
function textOf(problem: TLocalizedValidationError): string {
  if (problem.keyword === 'boolean') return 'is not a known field';
  return problem.keyword === 'enum' ? `must be one of ${problem.params.allowedValues.join(', ')}` : problem.message;
}

function integerNames(schema: TSchema): Set<string> {
  const { properties = {} } = schema as { properties?: Readonly<Record<string, { readonly type?: string }>> };
  return new Set(Object.keys(properties).filter((name) => properties[name]?.type === 'integer'));
}

/** Queries and paths carry text: plain decimal digits become numbers, anything else stays and is refused. */
function withIntegers(data: unknown, names: ReadonlySet<string>): unknown {
  const entries = Object.entries(data as Record<string, unknown>);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      const isInteger = names.has(name) && typeof value === 'string' && /^(0|[1-9][0-9]{0,15})$/.test(value);
      return [name, isInteger ? Number(value) : value];
    }),
  );
}
