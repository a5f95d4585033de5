import type { Act, Action } from './schedule.ts';

/** Description of an act for stories and tables. */
export function describeAct({ at, action }: Act): string {
  const where = at.point === 'start' ? 'before it begins' : `at ${at.point}${at.nth > 1 ? ` (${at.nth}.)` : ''}`;
  return `${describeAction(action)} ${where}${at.delayMs > 0 ? ` + ${at.delayMs} ms` : ''}`;
}

function describeAction(action: Action): string {
  switch (action.do) {
    case 'kill':
      return `kill -9 of ${action.target}`;
    case 'cloud-fault': {
      const { operation, fault, count, forSeconds } = action.rule;
      const limit = count === null ? (forSeconds === null ? '' : ` for ${forSeconds} s`) : ` ${count} times`;
      return `cloud fault ${fault.kind} on ${operation}${limit}`;
    }
    case 'preempt': {
      const warning = action.noticeSeconds === null ? 'without notice' : `with ${action.noticeSeconds} s notice`;
      return `preemption ${warning}${action.recorded ? '' : ', unrecorded'}`;
    }
    case 'temporal':
      return `temporal workflow ${action.verb} of the ${action.workflow}`;
    case 'signals':
      return `signals ${[...action.names, 'release'].join(', ')}, each twice,`;
    case 'silence':
      return `${action.how} machine${action.forSeconds === null ? '' : ` for ${action.forSeconds} s`}`;
    case 'storage-stall':
      return `storage stalls for ${action.forMs} ms`;
    case 'storage-answer-lost':
      return `storage answer lost ${action.count} times`;
    case 'price-change':
    case 'power-off':
    case 'cancel':
    case 'zombie':
    case 'stray':
    case 'left-behind':
      return action.do;
    default:
      return action satisfies never;
  }
}

/** Kind of fault, for the counts in tables. */
export function kindOf(action: Action): string {
  switch (action.do) {
    case 'kill':
      return `kill -9 ${action.target}`;
    case 'cloud-fault':
      return `cloud: ${action.rule.operation} ${action.rule.fault.kind}`;
    case 'preempt':
      return action.noticeSeconds === null ? 'preemption without notice' : 'preemption with notice';
    case 'temporal':
      return `temporal workflow ${action.verb}`;
    case 'signals':
      return 'external signals, repeated';
    case 'price-change':
      return 'price change';
    case 'power-off':
      return 'machine switched off';
    case 'silence':
      return `machine ${action.how}`;
    case 'storage-stall':
      return 'storage stalls';
    case 'storage-answer-lost':
      return 'storage: put answer-lost';
    case 'cancel':
      return 'cancel';
    case 'zombie':
      return 'zombie attempt';
    case 'stray':
      return 'instance that no row knows';
    case 'left-behind':
      return 'attempt left behind by a job that has ended';
    default:
      return action satisfies never;
  }
}
