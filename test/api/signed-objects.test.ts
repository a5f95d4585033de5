import { createOwnUrls } from '../../activities/storage/own-urls.ts';
import { describeObjectSigningConformance } from '../conformance/object-signing.ts';
import { ApiWorld } from './harness.ts';

describeObjectSigningConformance('the API over the file system', async () => {
  const world = await ApiWorld.start();
  const { storage, signing } = world.deps;
  const stranger = createOwnUrls({ baseUrl: world.url, secret: new Uint8Array(32).fill(1), now: () => new Date() });
  return { storage, signing, stranger, close: () => world.close() };
});
