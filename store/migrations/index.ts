import { Spine } from './0001-spine.ts';
import { Dashboard } from './0002-dashboard.ts';
import { ExternalModels } from './0003-external-models.ts';

/** In order. A migration that has been released never changes; the next one corrects it. */
export const migrations = [
  { name: '0001-spine', class: Spine },
  { name: '0002-dashboard', class: Dashboard },
  { name: '0003-external-models', class: ExternalModels },
];
