import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  type ChildWorkflowHandle,
  getExternalWorkflowHandle,
  TemporalFailure,
  type Workflow,
} from '@temporalio/workflow';
import { closePoll } from './activity-proxies.ts';

/**
 * Starts a child under our id. After a Terminate or a Reset an earlier run of that id may still be open, belonging to
 * nobody: it is asked to let go (it stops nothing unless the job's end was asked for), and then we start our own.
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

/** Cancels the newest run of that id, whoever started it. */
export async function askToLetGo(workflowId: string): Promise<void> {
  try {
    await getExternalWorkflowHandle(workflowId).cancel();
  } catch (error) {
    // closed meanwhile; if it is not, waiting for its close says so
    if (!(error instanceof TemporalFailure)) throw error;
  }
}
