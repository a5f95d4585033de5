import { z } from 'zod';

/** Any JSON value. The types are listed because an OpenAPI document cannot contain a recursive schema. */
export const jsonValueSchema = z.json().meta({ type: ['string', 'number', 'boolean', 'object', 'array', 'null'] });
export type JsonValue = z.output<typeof jsonValueSchema>;
