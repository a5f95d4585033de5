"""Submits a job, follows it, promotes its model and asks it, by the client that openapi-python-client has generated."""

import json
import sys
import time
from uuid import UUID, uuid4

from artenic_client import AuthenticatedClient
from artenic_client.api.jobs import get_jobs, get_jobs_id, get_jobs_id_attempts, get_jobs_id_logs, post_jobs
from artenic_client.api.models import get_models_name_versions, post_models_name_versions_version_promote
from artenic_client.api.predictions import post_models_name_predict, post_models_name_predict_batch
from artenic_client.models import Job, JobSpec, JobSpecConfig, JobSpecLabels, PredictBatchRequest, PredictRequest
from artenic_client.models import PredictBatchRequestInputsItem, PredictRequestInputs, Prediction, Predictions, Problem
from artenic_client.models import PostModelsNameVersionsVersionPromoteBody as Promotion

url, key, command = sys.argv[1:]
terminal = {"succeeded", "failed", "cancelled", "timed-out"}
client = AuthenticatedClient(base_url=url, token=key, raise_on_unexpected_status=True)


def follow(job: Job) -> Job:
    """Until the job has ended, or two minutes have passed."""
    deadline = time.monotonic() + 120
    while str(job.state) not in terminal:
        assert time.monotonic() < deadline, f"the job is still {job.state}"
        time.sleep(0.1)
        job = get_jobs_id.sync(UUID(job.id), client=client)
        assert isinstance(job, Job), job
    return job


refused = post_jobs.sync(client=client, body=JobSpec(service="Not a name", command="true"))
assert isinstance(refused, Problem) and refused.status == 422, refused

config = JobSpecConfig.from_dict({"epochs": 3, "nested": {"list": [1, None, "two"]}})
labels = JobSpecLabels.from_dict({"client": "python"})
spec = JobSpec(service="generated", command=command, config=config, labels=labels)
repeat_key = str(uuid4())
submitted = post_jobs.sync(client=client, body=spec, idempotency_key=repeat_key)
assert isinstance(submitted, Job), submitted
assert post_jobs.sync(client=client, body=spec, idempotency_key=repeat_key).id == submitted.id
assert submitted.spec.config.to_dict() == config.to_dict(), submitted.spec

job = follow(submitted)
assert str(job.state) == "succeeded", (job.state, job.message)
assert [one.id for one in get_jobs.sync(client=client, service="generated").items] == [job.id]
(attempt,) = get_jobs_id_attempts.sync(UUID(job.id), client=client).items
assert str(attempt.ending.kind) == "succeeded", attempt
log = get_jobs_id_logs.sync(UUID(job.id), client=client)
assert "trained" in log.text, log

(version,) = get_models_name_versions.sync("generated", client=client).items
assert job.result.version == version.version and version.signature.labels == ["cat", "dog"], version
promoted = post_models_name_versions_version_promote.sync(
    "generated", version.version, client=client, body=Promotion(reason="generated")
)
assert str(promoted.stage) == "production", promoted

row = PredictRequestInputs.from_dict({"x": [1.0, 3.0]})
prediction = post_models_name_predict.sync("generated", client=client, body=PredictRequest(inputs=row))
assert isinstance(prediction, Prediction) and prediction.label == "dog", prediction
rows = [PredictBatchRequestInputsItem.from_dict(one) for one in ({"x": [3.0, 1.0]}, {"y": 1})]
batch = post_models_name_predict_batch.sync("generated", client=client, body=PredictBatchRequest(inputs=rows))
assert isinstance(batch, Predictions), batch
assert batch.results[0].label == "cat" and batch.results[1].error is not None, batch
print(json.dumps({"job": job.id, "outputs": prediction.outputs.to_dict()}))
