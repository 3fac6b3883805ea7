#!/usr/bin/env bash
# sagemaker-core 2.27.0 (the newest on 2026-11-29; SDK v3, and SDK v2 2.257.7 has the same code): a `Run` with one
# numpy number as a parameter loses all of its parameters and artifacts when its block is left, stays InProgress, and hides the
# error that ended the block.
#
# `log_parameter` is annotated for str, int or float, and accepts this silently: it checks `isinstance(value, Number)`, and
# numpy registers its scalars as Number. All parameters are sent at the end, in one UpdateTrialComponent call, which botocore refuses as a whole, because it
# accepts only float and int. Any array, data frame or hyperparameter search returns `np.int64`; `np.float64` works, because it is a float.
#
# Expected: the call raises, or the value is sent as `float(value)`; the other values are recorded in any case.
# Seen: the output below. No answer of AWS is simulated: the update never leaves the client. Exits 1 if the output differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check sagemaker-core==2.27.0 boto3==1.44.8 botocore==1.44.8 numpy==2.4.6
cat >"$folder/expected.txt" <<'OUT'
logged: eta 0.1, depth 6, booster gbtree, and the artifact model
the block raised ValueError, its caller sees ParamValidationError
calls that left the client: CreateExperiment, CreateTrial, CreateTrialComponent, Search, AssociateTrialComponent, UpdateTrialComponent
what the only update said: status InProgress, no parameter, no artifact
with int(depth): parameters booster, depth, eta, and the artifact model
OUT
cat >"$folder/try.py" <<'PY'
import json
from types import SimpleNamespace

import boto3
import numpy as np
from sagemaker.core.experiments.run import Run
from sagemaker.core.helper.session_helper import Session

ARN = "arn:aws:sagemaker:eu-west-1:111122223333:"
QUIET = {"SchemaVersion": "1.0", "SageMaker": {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}}
ANSWERS = {
    "CreateExperiment": {"ExperimentArn": f"{ARN}experiment/churn"},
    "CreateTrial": {"TrialArn": f"{ARN}experiment-trial/group"},
    "CreateTrialComponent": {"TrialComponentArn": f"{ARN}experiment-trial-component/churn-first"},
    "Search": {"Results": []},
    "AssociateTrialComponent": {},
    "UpdateTrialComponent": {"TrialComponentArn": f"{ARN}experiment-trial-component/churn-first"},
}


def attempt(depth):
    """The calls that leave the client, and the kind of the error that the caller of the block sees."""
    calls = []

    def answer(model, params, **_):
        calls.append((model.name, json.loads(params["body"])))
        return SimpleNamespace(status_code=200), dict(ANSWERS[model.name])

    boto = boto3.Session("AKIAMADEUP", "made-up", region_name="eu-west-1")
    boto.events.register("before-call.sagemaker", answer)
    session = Session(boto_session=boto, default_bucket="a-bucket", sagemaker_config=QUIET)
    try:
        with Run("churn", "first", sagemaker_session=session) as run:
            run.log_parameters({"eta": 0.1, "depth": depth, "booster": "gbtree"})
            run.log_artifact("model", "s3://a-bucket/model.tar.gz")
            raise ValueError("out of data")
    except Exception as error:  # noqa: BLE001
        return calls, type(error).__name__


calls, seen = attempt(np.int64(6))
updates = [body for name, body in calls if name == "UpdateTrialComponent"]
(update,) = updates
print("logged: eta 0.1, depth 6, booster gbtree, and the artifact model")
print(f"the block raised ValueError, its caller sees {seen}")
print(f"calls that left the client: {', '.join(name for name, _ in calls)}")
lost = not update.get("Parameters") and not update.get("OutputArtifacts")
print(f"what the only update said: status {update['Status']['PrimaryStatus']}, {'no parameter, no artifact' if lost else update}")
calls, seen = attempt(int(np.int64(6)))
last = calls[-1][1]
print(f"with int(depth): parameters {', '.join(sorted(last['Parameters']))}, and the artifact {', '.join(last['OutputArtifacts'])}")
PY
AWS_EC2_METADATA_DISABLED=true "$folder/venv/bin/python" "$folder/try.py" 2>/dev/null | tee "$folder/seen.txt"
diff "$folder/expected.txt" "$folder/seen.txt"
