import { startPostgres, awaitPostgres, databaseUrl } from '/work/main/workers/up/postgres.ts';
import { freePort } from '/work/main/workers/up/ports.ts';
import { openOrm } from './orm.ts';
import { mkdtempSync, chmodSync, rmSync } from 'node:fs';
import { once } from 'node:events';
const d = mkdtempSync('/tmp/leak-'); chmodSync(d, 0o755);
const o = { folder: d+'/pg', port: await freePort(), logFile: d+'/log', password: 'test' };
let c = startPostgres(o); await awaitPostgres(o, 'work', 20000, () => true);
const orm = await openOrm({ databaseUrl: databaseUrl(o,'work'), poolMax: 2 });
for (let round = 0; round < 3; round++) {
  const p = orm.em.fork().transactional(async (em) => { await em.execute('select 1'); c.kill('SIGKILL'); await once(c,'exit'); await em.execute('select 1'); }).catch((e: Error) => console.log(round, e.message));
  await p;
  c = startPostgres(o); await awaitPostgres(o, 'work', 20000, () => true);
  const ok = await Promise.race([orm.em.fork().execute('select 1').then(() => 'ok', (e: Error) => e.message), new Promise((r) => setTimeout(() => r('stuck'), 7000))]);
  console.log('after round', round, ok);
}
c.kill('SIGINT'); await once(c, 'exit'); rmSync(d, {recursive:true}); process.exit();
