import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Transform, type TransformCallback } from 'node:stream';

/** Stands before a server on this machine and takes it away: by refusing its callers, or by holding every byte. */
export class Gate {
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  readonly #server: Server;
  #isCut = false;
  #held: PromiseWithResolvers<void> | null = null;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((near) => void this.#carry(near));
  }

  /** @param target a port of 127.0.0.1 */
  static async open(target: number): Promise<Gate> {
    const gate = new Gate(target);
    gate.#server.listen(0, '127.0.0.1');
    await once(gate.#server, 'listening');
    return gate;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection and each new one. */
  cut(): void {
    this.#release();
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Takes connections and carries nothing. */
  hold(): void {
    this.#isCut = false;
    this.#held ??= Promise.withResolvers();
  }

  /** Carries again, what was held first. */
  restore(): void {
    this.#isCut = false;
    this.#release();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #release(): void {
    this.#held?.resolve();
    this.#held = null;
  }

  #line(): Transform {
    return new Transform({ transform: (chunk: Buffer, _, done) => void this.#pass(chunk, done) });
  }

  async #pass(chunk: Buffer, done: TransformCallback): Promise<void> {
    await this.#held?.promise;
    done(null, chunk);
  }

  async #carry(near: Socket): Promise<void> {
    if (this.#isCut) return void near.destroy();
    this.#follow(near, () => undefined);
    await this.#held?.promise;
    if (near.destroyed) return;
    const far = connect(this.#target, '127.0.0.1');
    this.#follow(near, () => far.destroy());
    this.#follow(far, () => near.destroy());
    near.pipe(this.#line()).pipe(far);
    far.pipe(this.#line()).pipe(near);
  }

  #follow(socket: Socket, gone: () => void): void {
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#sockets.delete(socket);
      gone();
    });
  }
}
