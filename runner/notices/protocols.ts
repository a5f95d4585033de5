import { complain } from '../error-text.ts';
import { openAws } from './aws.ts';
import type { NoticeProtocol, OpenProtocol } from './protocol.ts';

/** Every protocol, by its name in boot scripts. */
const protocols: ReadonlyMap<string, OpenProtocol> = new Map([['aws', openAws]]);

/** Default protocol, used by the simulated cloud and by boot scripts without a protocol name. */
const usual = openAws;

/** This machine's notice protocol; null if no metadata service is configured. */
export function protocolOf(environment: NodeJS.ProcessEnv): NoticeProtocol | null {
  const { ARTENIC_NOTICES: name, ARTENIC_METADATA_URL, SIMULATED_METADATA_URL } = environment;
  const url = ARTENIC_METADATA_URL ?? SIMULATED_METADATA_URL ?? '';
  if (url === '') return null;
  const open = name === undefined || name === '' ? usual : protocols.get(name);
  if (open === undefined) complain('listening for notices', new Error(`this runner has no protocol ${name}`));
  return open?.(url) ?? null;
}
