import { Spine } from './0001-spine.ts';
import { ExternalModels } from './0003-external-models.ts';

/** In order. A migration that has been released never changes; the next one corrects it. */
export const migrations = [
  { name: '0001-spine', class: Spine },
  { name: '0003-external-models', class: ExternalModels },
];
