import { complain } from '../error-text.ts';
import { openAws } from './aws.ts';
import type { NoticeProtocol, OpenProtocol } from './protocol.ts';

/** Every protocol, by the name that a boot script gives. */
const protocols: ReadonlyMap<string, OpenProtocol> = new Map([['aws', openAws]]);

/** Protocol of the simulated cloud, and of machines whose boot script gives no name. */
const usual = openAws;

/** The protocol by which this machine asks its cloud; null without an address. */
export function protocolOf(environment: NodeJS.ProcessEnv): NoticeProtocol | null {
  const { ARTENIC_NOTICES: name, ARTENIC_METADATA_URL, SIMULATED_METADATA_URL } = environment;
  const url = ARTENIC_METADATA_URL ?? SIMULATED_METADATA_URL ?? '';
  if (url === '') return null;
  const open = name === undefined || name === '' ? usual : protocols.get(name);
  if (open === undefined) complain('listening for notices', new Error(`this runner has no protocol ${name}`));
  return open?.(url) ?? null;
}
