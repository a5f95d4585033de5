import { z } from 'zod';

/** Any JSON value. The types are named because a recursive schema cannot be written into an OpenAPI document. */
export const jsonValueSchema = z.json().meta({ type: ['string', 'number', 'boolean', 'object', 'array', 'null'] });
