#!/usr/bin/env bash
# sagemaker-core 2.27.0 (the newest on 2026-11-29; SDK v3, and SDK v2 2.257.7 has the same code): `with load_run()` inside
# `with Run(...)`, the third use that the docstring of `load_run` shows, marks the outer run Completed, with an end time, while it
# still runs. If its process then dies, the run stays Completed, and nothing shows that it did not finish.
#
# Both blocks share one object, and the end of either block writes status and end time.
#
# Expected: only the end of the outer block says how the run ended.
# Seen: the output below. Answers of AWS are stubs that accept everything. Exits 1 if the output differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check sagemaker-core==2.27.0 boto3==1.44.8 botocore==1.44.8 numpy==2.4.6
cat >"$folder/expected.txt" <<'OUT'
outer block entered: InProgress
inner block entered: InProgress
inner block left, the outer one runs on: Completed, with an end time
outer block left by an error: Failed, with an end time
OUT
cat >"$folder/try.py" <<'PY'
import json
from types import SimpleNamespace

import boto3
from sagemaker.core.experiments.run import Run, load_run
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
record = {}  # what the service holds of the run: each update is laid over it


def answer(model, params, **_):
    if model.name == "UpdateTrialComponent":
        record.update(json.loads(params["body"]))
    return SimpleNamespace(status_code=200), dict(ANSWERS[model.name])


def tell(when):
    ended = ", with an end time" if "EndTime" in record else ""
    print(f"{when}: {record['Status']['PrimaryStatus']}{ended}")


boto = boto3.Session("AKIAMADEUP", "made-up", region_name="eu-west-1")
boto.events.register("before-call.sagemaker", answer)
session = Session(boto_session=boto, default_bucket="a-bucket", sagemaker_config=QUIET)
try:
    with Run("churn", "first", sagemaker_session=session) as outer:
        tell("outer block entered")
        with load_run(sagemaker_session=session) as inner:
            tell("inner block entered")
            inner.log_parameter("eta", 0.1)
        tell("inner block left, the outer one runs on")
        raise ValueError("out of data")
except ValueError:
    tell("outer block left by an error")
PY
AWS_EC2_METADATA_DISABLED=true "$folder/venv/bin/python" "$folder/try.py" 2>/dev/null | tee "$folder/seen.txt"
diff "$folder/expected.txt" "$folder/seen.txt"
