import { runApi } from '../../../workers/api.ts';
import { connectFailpoints } from './failpoints.ts';
import { harnessSettings } from './settings.ts';
import type { ApiDeps } from '../../../api/deps.ts';
import { withIoInTransactions, withoutFence } from './sabotage.ts';
import { wrapGateway, wrapStorage } from './wrap.ts';

/** The real API, with a failpoint at each of its steps. */
const { socket, sabotage } = harnessSettings();
const ask = connectFailpoints(socket);
function sabotaged(deps: ApiDeps): ApiDeps {
  if (sabotage === 'io-in-transaction') return withIoInTransactions(deps);
  return sabotage === 'no-fence' ? withoutFence(deps) : deps;
}
await runApi((deps) =>
  sabotaged({ ...deps, temporal: wrapGateway(deps.temporal, ask), storage: wrapStorage(deps.storage, ask) }),
);
