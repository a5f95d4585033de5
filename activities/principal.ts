import { asyncLocalStorage } from '@temporalio/activity';
import { systemPrincipal } from '../store/principal-scope.ts';
import type { Principal } from '../store/types.ts';

/** The workflow type that called the current activity, with the workflow's id as the request. */
export function principalOfActivity(): Principal {
  const info = asyncLocalStorage.getStore()?.info;
  if (info === undefined) return systemPrincipal('activities');
  const { workflowType, workflowExecution } = info;
  const principal = systemPrincipal(workflowType ?? info.activityType);
  return workflowExecution === undefined ? principal : { ...principal, requestId: workflowExecution.workflowId };
}
