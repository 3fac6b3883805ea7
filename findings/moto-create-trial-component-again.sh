#!/usr/bin/env bash
# moto 5.2.5 (the newest on 2026-11-29): CreateTrialComponent with a name that exists is answered 200 and erases the component: its
# parameters, its status and its place in its trial. CreateExperiment and CreateTrial with a name that exists replace as well.
#
# These names are unique within an account, and SageMaker refuses such a call with a ValidationException. The SDK relies on that: its
# `load_run` and `list_runs` send a Create call for each run, and load the existing run after the refusal. Against moto `load_run`
# of SDK v2 2.257.7 returns a run without parameters, and the loss is permanent.
#
# Expected: ValidationException, and an unchanged component.
# Seen: the output below. Exits 1 if the output differs.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install -q --disable-pip-version-check 'moto[sagemaker]==5.2.5' boto3==1.44.8 botocore==1.44.8
cat >"$folder/expected.txt" <<'OUT'
before: eta 0.1, Completed, 1 component in the trial
CreateTrialComponent with the same name: 200
after: no parameter, no status, 0 components in the trial
CreateExperiment with the same name: 200, its description is gone
OUT
cat >"$folder/try.py" <<'PY'
import boto3
from moto import mock_aws


def told(client):
    record = client.describe_trial_component(TrialComponentName="churn-first")
    parameters = record.get("Parameters") or {}
    text = ", ".join(f"{name} {value['NumberValue']}" for name, value in parameters.items()) or "no parameter"
    status = (record.get("Status") or {}).get("PrimaryStatus", "no status")
    held = len(client.list_trial_components(TrialName="group")["TrialComponentSummaries"])
    return f"{text}, {status}, {held} component{'' if held == 1 else 's'} in the trial"


with mock_aws():
    client = boto3.client("sagemaker", "eu-west-1", aws_access_key_id="AKIAMADEUP", aws_secret_access_key="made-up")
    client.create_experiment(ExperimentName="churn", Description="who leaves")
    client.create_trial(TrialName="group", ExperimentName="churn")
    client.create_trial_component(
        TrialComponentName="churn-first", Parameters={"eta": {"NumberValue": 0.1}}, Status={"PrimaryStatus": "Completed"}
    )
    client.associate_trial_component(TrialName="group", TrialComponentName="churn-first")
    print(f"before: {told(client)}")
    answer = client.create_trial_component(TrialComponentName="churn-first")
    print(f"CreateTrialComponent with the same name: {answer['ResponseMetadata']['HTTPStatusCode']}")
    print(f"after: {told(client)}")
    status = client.create_experiment(ExperimentName="churn")["ResponseMetadata"]["HTTPStatusCode"]
    description = client.describe_experiment(ExperimentName="churn").get("Description")
    print(f"CreateExperiment with the same name: {status}, its description is {description or 'gone'}")
PY
AWS_EC2_METADATA_DISABLED=true "$folder/venv/bin/python" "$folder/try.py" | tee "$folder/seen.txt"
diff "$folder/expected.txt" "$folder/seen.txt"
