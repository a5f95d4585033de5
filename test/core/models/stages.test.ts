import { expect, test } from '@jest/globals';
import { modelStageInput, modelStages } from '@artenic/core';
import { mayMove, verbOfMove } from '../../../core/models/stages.ts';

test('a version moves between all stages until it is retired', () => {
  const moves = modelStages.flatMap((from) =>
    modelStages.filter((to) => mayMove(from, to)).map((to) => `${from} → ${to}: ${verbOfMove(from, to)}`),
  );
  expect(moves).toEqual([
    'draft → staging: model.stage',
    'draft → production: model.promote',
    'draft → retired: model.retire',
    'staging → draft: model.stage',
    'staging → production: model.promote',
    'staging → retired: model.retire',
    'production → draft: model.demote',
    'production → staging: model.demote',
    'production → retired: model.retire',
  ]);
  expect(verbOfMove(null, 'draft')).toBe('model.register');
});

test('the earlier name of draft is understood and never answered', () => {
  expect(modelStageInput.parse('registered')).toBe('draft');
  expect(modelStages.map((stage) => modelStageInput.parse(stage))).toEqual([...modelStages]);
  expect(modelStageInput.safeParse('archived').success).toBe(false);
});
