import type { Step } from '../../simulated-cloud/rules/script.ts';

const beats = 12;

/** Script of a machine that trains for this time, sends twelve heartbeats, and succeeds. */
export function trainingScript(trainingSeconds: number): readonly Step[] {
  return [
    { do: 'hello' },
    { do: 'phase', phase: 'setup' },
    { do: 'phase', phase: 'training' },
    ...Array.from({ length: beats }, (_, beat): readonly Step[] => [
      { do: 'wait', seconds: trainingSeconds / beats },
      { do: 'heartbeat', progress: (beat + 1) / beats },
    ]).flat(),
    { do: 'complete', exitCode: 0 },
    { do: 'exit' },
  ];
}
