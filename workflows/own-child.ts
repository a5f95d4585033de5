import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  type ChildWorkflowHandle,
  getExternalWorkflowHandle,
  TemporalFailure,
  type Workflow,
} from '@temporalio/workflow';
import { closePoll } from './activity-proxies.ts';

/**
 * Starts a child under the given id. After a Terminate or a Reset an earlier run of that id may still be open without a
 * parent. That run is asked to detach (it stops the instance only if the job's end was requested); then a new child is
 * started.
 */
export async function startOwnChild<W extends Workflow>(
  workflowId: string,
  start: () => Promise<ChildWorkflowHandle<W>>,
): Promise<ChildWorkflowHandle<W>> {
  for (;;) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      await askToLetGo(workflowId);
      await closePoll.awaitWorkflowClosed({ workflowId });
    }
  }
}

/** Cancels the newest run of that id, regardless of its starter. */
export async function askToLetGo(workflowId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowId).cancel();
  } catch (error) {
    // the run has closed meanwhile; if it has not, the wait for its close keeps the caller waiting
    if (!(error instanceof TemporalFailure)) throw error;
  }
}
