/** Exit codes, part of the command's public contract. */
export const exitCodes = { ok: 0, negative: 1, usage: 2, unreachable: 3, refused: 4, interrupted: 130 } as const;
export type ExitReason = Exclude<keyof typeof exitCodes, 'ok'>;

/** Ends the command with a message on standard error and an exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly reason: ExitReason;
  constructor(reason: ExitReason, message: string) {
    super(message);
    this.reason = reason;
  }
}
