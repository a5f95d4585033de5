import { runApi } from '../../../workers/api.ts';
import { connectFailpoints } from './failpoints.ts';
import { harnessSettings } from './settings.ts';
import { withoutFence } from './sabotage.ts';
import { wrapGateway } from './wrap.ts';

/** The API as it is, with a hand on each of its steps. */
const { socket, sabotage } = harnessSettings();
const ask = connectFailpoints(socket);
await runApi((deps) => {
  const watched = { ...deps, temporal: wrapGateway(deps.temporal, ask) };
  return sabotage === 'no-fence' ? withoutFence(watched) : watched;
});
