import { setTimeout as sleep } from 'node:timers/promises';
import type { ControlPlane } from './control-plane.ts';
import type { Hit } from './failpoints.ts';
import { submitPoints, type Point } from './points.ts';
import { perform } from './perform.ts';
import type { Act, Schedule } from './schedule.ts';

/** A performed act with its time and result. */
export type Deed = { readonly act: Act; readonly jobId: string; readonly atMs: number; readonly result: string };

type Casting = { readonly jobId: string; readonly schedule: Schedule };

/** Follows the points that jobs reach, and performs the acts of their schedules. */
export class Stage {
  readonly deeds: Deed[] = [];
  /** Number of times that jobs reached each point. */
  readonly passed = new Map<Point, number>();
  readonly #cast = new Map<string, Casting>();
  readonly #done = new Set<string>();
  readonly #counts = new Map<string, number>();
  readonly #underway = new Set<Promise<void>>();
  readonly #plane: () => ControlPlane;
  #isOver = false;
  #allCast: () => void = () => undefined;
  readonly #ready: Promise<void>;

  readonly #schedules: readonly Schedule[];

  constructor(schedules: readonly Schedule[], plane: () => ControlPlane) {
    this.#schedules = schedules;
    this.#plane = plane;
    this.#ready = new Promise((done) => {
      this.#allCast = done;
    });
  }

  /** Assigns a schedule to every job: jobs that wait at their first step may begin. */
  async begin(cast: readonly Casting[]): Promise<void> {
    for (const one of cast) this.#cast.set(one.jobId, one);
    for (const { jobId, schedule } of cast) {
      for (const act of schedule.acts) if (act.at.point === 'start') await this.#play(act, jobId);
    }
    this.#allCast();
  }

  /** Starts no more acts; resolves when the acts in progress are done. */
  async end(): Promise<void> {
    this.#isOver = true;
    this.#allCast();
    await Promise.allSettled([...this.#underway]);
  }

  /** A job's first step waits until its schedule is known. */
  async onHit({ point, jobId }: Hit): Promise<void> {
    this.passed.set(point, (this.passed.get(point) ?? 0) + 1);
    if (point === 'activity:prepareJob:before') await this.#ready;
    if (this.#isOver) return;
    for (const act of this.#due(point, jobId)) {
      const playing = this.#playLater(act.act, act.jobId);
      // A death at a point must happen at exactly that point, so wait for it.
      if (act.act.at.delayMs === 0) await playing;
    }
  }

  #due(point: Point, jobId: string | null): readonly { readonly act: Act; readonly jobId: string }[] {
    return this.#concerned(point, jobId).flatMap(({ jobId: owner, schedule }) =>
      schedule.acts.flatMap((act) => {
        if (act.at.point !== point || this.#done.has(act.id)) return [];
        const count = (this.#counts.get(act.id) ?? 0) + 1;
        this.#counts.set(act.id, count);
        if (count < act.at.nth) return [];
        this.#done.add(act.id);
        return [{ act, jobId: owner }];
      }),
    );
  }

  /** The schedules that a hit belongs to; all schedules when it belongs to no job, or its job has no schedule yet. */
  #concerned(point: Point, jobId: string | null): readonly Casting[] {
    if (jobId === null) return [...this.#cast.values()];
    if (submitPoints.includes(point)) return this.#schedules.map((schedule) => ({ jobId, schedule }));
    const cast = this.#cast.get(jobId);
    return cast === undefined ? [] : [cast];
  }

  #playLater(act: Act, jobId: string): Promise<void> {
    const playing = (async () => {
      if (act.at.delayMs > 0) await sleep(act.at.delayMs);
      if (!this.#isOver) await this.#play(act, jobId);
    })();
    this.#underway.add(playing);
    void playing.finally(() => this.#underway.delete(playing));
    return playing;
  }

  async #play(act: Act, jobId: string): Promise<void> {
    this.#done.add(act.id);
    const atMs = Date.now();
    const result = await perform(this.#plane(), act, jobId);
    this.deeds.push({ act, jobId, atMs, result });
  }
}
