/** Prints a new admin key for `ARTENIC_ADMIN_KEY_FILE`; `npm start` makes its own. */
import { makeKey } from '../app/access/keys.ts';

process.stdout.write(`${makeKey()}\n`);
