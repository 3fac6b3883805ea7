"""The mistakes that users make, each with the one line that says what to do."""

from __future__ import annotations

import re
import shlex
import traceback
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, SSOTokenLoadError, UnauthorizedSSOTokenError

from lineage.crawl.aws.session import Session
from lineage.errors import CrawlError
from tests.conftest import BANK, ROOT
from tests.domain.test_called import strings
from tests.records import arn

SEE = "(see lineage {} --help)"
CONSOLE = "https://eu-west-1.console.aws.amazon.com/sagemaker/home?region=eu-west-1#"
ABROAD = "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/loans-live/invocations"
TABLES = "expected .csv, .html, .json, .jsonl, .md, .tsv, .txt"
REPLAYED = ("crawl", "--replay", str(BANK))

NO_DATA = "this URL names no data: open the bucket or the folder in the S3 console and copy its URL, or give its S3 URI"
JOB_FOR_DATA = (
    "'Loans-Fit-0042' is a training job, not data: give an S3 URI; `lineage datasets training-job/Loans-Fit-0042` lists its "
    "data, `lineage impact training-job/Loans-Fit-0042` tells what it led to"
)

HELD = "it holds aml-restricted, appraisal-notebook, assist-components, cards-repack, churn-pipeline, credit-registry, fraud-ab, kyc-multi, …"


def not_endpoint(name: str, what: str) -> str:
    """What `trace` says of something else that was made of data."""
    commands = f"`lineage datasets {name}` lists its data, `lineage impact {name}` tells what it led to"
    return f"{name!r} is {what}, not an endpoint: {commands}"


# What was typed, the exit code, and the line.
MISTAKES: dict[str, tuple[tuple[str, ...], int, str]] = {
    # names
    "an endpoint": (("trace", "loans-liv"), 2, "no endpoint 'loans-liv' in the snapshot; did you mean loans-live?"),
    "a node": (("show", "Loans-Fit-042"), 2, "nothing in the snapshot is named 'Loans-Fit-042'; did you mean Loans-Fit-0042 or Loans-Prep-0042 or Loans-Model-42?"),
    "a kind before a name": (("show", "endpont/loans-live"), 2, "nothing in the snapshot is named 'endpont/loans-live': no kind 'endpont'; did you mean endpoint?"),
    "an end of a path": (("path", "s3://bank-ml/loans/train/", "loans-liv"), 2, "nothing in the snapshot is named 'loans-liv'; did you mean loans-live?"),
    "an experiment": (("runs", "House-Apraisal"), 2, "no experiment 'House-Apraisal' in the snapshot; did you mean House-Appraisal?"),
    "a run": (("runs", "House-Appraisal", "boosted-tres"), 2, "no run 'boosted-tres' in experiment 'House-Appraisal'; did you mean boosted-trees?"),
    "a group": (("runs", "--group", "Default-Run-Group-House-Apraisal"), 2, "no group 'Default-Run-Group-House-Apraisal' in the snapshot; did you mean Default-Run-Group-House-Appraisal?"),
    "a pipeline": (("pipelines", "Renewal-Prise"), 2, "no pipeline 'Renewal-Prise' in the snapshot; did you mean Renewal-Price?"),
    "no pipeline": (("pipelines", "loans-live"), 2, "no pipeline 'loans-live' in the snapshot; `lineage pipelines` lists them"),
    "an endpoint's ARN for a pipeline": (("pipelines", arn("endpoint", "loans-live")), 2, f"{arn('endpoint', 'loans-live')} is not a pipeline: `lineage pipelines` lists them"),
    "no execution": (("pipelines", "Renewal-Price", "nope"), 2, "no pipeline execution 'nope' in the snapshot; `lineage pipelines Renewal-Price` lists them"),
    "no run": (("runs", "House-Appraisal", "nope"), 2, "no run 'nope' in experiment 'House-Appraisal'; `lineage runs House-Appraisal` lists them"),
    "an execution": (("pipelines", "Renewal-Price", "y2rj7l5s8pg2"), 2, "no pipeline execution 'y2rj7l5s8pg2' in the snapshot; did you mean y2rj7l5s8pg1?"),
    "a metric": (("runs", "House-Appraisal", "--metric", "validation:rsme"), 2, "no candidate has a metric 'validation:rsme'; did you mean validation:rmse? There are validation:rmse (2 of 3), train:rmse (1 of 3)"),
    "a job for an endpoint": (("trace", "Loans-Fit-0042"), 2, not_endpoint("Loans-Fit-0042", "a training job")),
    "data for an endpoint": (("trace", "s3://bank-ml/loans/train/"), 2, "'s3://bank-ml/loans/train/' is a location, not an endpoint: `lineage impact s3://bank-ml/loans/train/` tells what its data led to, `lineage used s3://bank-ml/loans/train/` whether it was used for training"),
    "a model's ARN for an endpoint": (("trace", arn("model", "m")), 2, f"{arn('model', 'm')} is not an endpoint: give the name, the ARN or the console URL of one"),
    "a kind before the name of no endpoint": (("trace", "model/Loans-Model-42"), 2, not_endpoint("Loans-Model-42", "a model")),
    "a kind before the name of nothing": (("trace", "model/nope"), 2, "'model/nope' names a model, not an endpoint: give the name, the ARN or the console URL of one"),
    "a job's ARN for an endpoint": (("trace", arn("training-job", "Loans-Fit-0042")), 2, not_endpoint("Loans-Fit-0042", "a training job")),
    "an endpoint config's URL for an endpoint": (("trace", f"{CONSOLE}/endpointConfig/loans-live-config"), 2, not_endpoint("loans-live-config", "an endpoint config")),
    "a pipeline's ARN for an endpoint": (("trace", arn("pipeline", "renewal-price")), 2, "'Renewal-Price' is a pipeline, not an endpoint: `lineage show pipeline/Renewal-Price` shows it"),
    "a job to report on": (("report", "Loans-Fit-0042"), 2, not_endpoint("Loans-Fit-0042", "a training job")),
    "an endpoint config for an endpoint": (("trace", "loans-live-config"), 2, not_endpoint("loans-live-config", "an endpoint config")),
    "a wildcard for an endpoint": (("trace", "aml-*"), 2, "a wildcard names no one endpoint: `lineage ls 'endpoint/aml-*'` lists those that match"),
    "no name": (("trace", ""), 2, "the name of the endpoint is empty"),
    "an ARN with a typo": (("trace", arn("endpoint", "loans-liv")), 2, "no endpoint 'loans-liv' in 111122223333 eu-west-1 in the snapshot; did you mean loans-live?"),
    "an ARN of another region": (("trace", arn("endpoint", "loans-live").replace("eu-west-1", "us-east-1")), 2, "no endpoint 'loans-live' in 111122223333 us-east-1 in the snapshot, only in 111122223333 eu-west-1"),
    "an ARN of a node with a typo": (("show", arn("training-job", "loans-fit-042")), 2, "no training job 'loans-fit-042' in 111122223333 eu-west-1 in the snapshot; did you mean Loans-Fit-0042 or Cards-Fit-2 or Offers-Fit-2?"),
    # selectors
    "a kind": (("ls", "kind:modle"), 2, "no kind 'modle'; did you mean model or code?"),
    "a selector method": (("ls", "knd:model"), 2, "no selector method 'knd'; did you mean kind?"),
    "a wildcard that matches nothing": (("ls", "zzz*"), 2, "no name in the snapshot matches 'zzz*'; `lineage ls` lists them"),
    "a tag": (("ls", "tag:team=nobody"), 2, "nothing in the snapshot has the tag 'team=nobody': `lineage crawl --tags` reads tags"),
    "two selectors that exclude each other": (("ls", "kind:endpoint", "Loans-Fit-0042"), 2, "nothing matches all of 'kind:endpoint Loans-Fit-0042': several words are combined with AND, so leave one out"),
    "a kind alone": (("ls", "endpoint"), 2, "nothing in the snapshot is named 'endpoint'; did you mean kind:endpoint?"),
    "kinds": (("ls", "endpoints"), 2, "nothing in the snapshot is named 'endpoints'; did you mean kind:endpoint?"),
    "an equals sign for a colon": (("ls", "kind=endpoint"), 2, "nothing in the snapshot is named 'kind=endpoint'; did you mean kind:endpoint?"),
    "a type for a kind": (("ls", "type:endpoint"), 2, "nothing in the snapshot is named 'type:endpoint'; did you mean kind:endpoint?"),
    "two kinds": (("ls", "kind:endpoint,model"), 2, "kind:endpoint,model names several kinds, and a selector takes one: ask once for each"),
    "a kind to look up": (("kinds", "trainig-job"), 2, f"no kind 'trainig-job'; did you mean training-job or tuning-job or labeling-job? {SEE.format('kinds')}"),
    # accounts and regions
    "a region": (("ls", "--region", "eu-wset-1"), 2, "'eu-wset-1' is not an AWS region; did you mean eu-west-1?"),
    "a region that was not crawled": (("ls", "--region", "eu-west-2"), 2, "nothing in eu-west-2 matches: the snapshot holds 111122223333, eu-west-1"),
    "an account": (("used", "s3://bank-ml/loans/train/", "--account", "11112222333"), 2, "'11112222333' is not an AWS account; did you mean 111122223333?"),
    "a region to crawl": ((*REPLAYED, "--region", "eu-wset-1"), 2, "'eu-wset-1' is not an AWS region; did you mean eu-west-1 or us-west-1 or eu-west-3?"),
    "a region without its dash": (("crawl", "--region", "eu-west1"), 2, "'eu-west1' is not an AWS region; did you mean eu-west-1 or us-west-1 or eu-west-3?"),
    "a role without credentials": (("crawl", "--role-arn", "auditor"), 2, "'auditor' is not a role ARN (expected one like arn:aws:iam::111122223333:role/auditor)"),
    "an endpoint to crawl": ((*REPLAYED, "--endpoint", "loans-liv"), 2, "no endpoint 'loans-liv' in account 111122223333, eu-west-1; did you mean loans-live?"),
    "an endpoint's region": (("trace", "loans-live", "--region", "us-east-1"), 2, "nothing in us-east-1 matches: the snapshot holds 111122223333, eu-west-1"),
    # pasted URLs
    "the URL of another region": (("trace", ABROAD), 2, "no endpoint 'loans-live' in us-east-1 in the snapshot, only in eu-west-1"),
    "a URL with a typo": (("trace", f"{CONSOLE}/endpoints/loans-liv"), 2, "no endpoint 'loans-liv' in eu-west-1 in the snapshot; did you mean loans-live?"),
    "the URL of a job for an endpoint": (("trace", f"{CONSOLE}/jobs/Loans-Fit-0042"), 2, not_endpoint("Loans-Fit-0042", "a training job")),
    "the URL of a dashboard for an endpoint": (("trace", f"{CONSOLE}/dashboard"), 2, "this URL names no endpoint: open the endpoint's own page and copy its URL, or give its name"),
    "the URL of a list for an endpoint": (("trace", f"{CONSOLE}/endpoints"), 2, "this URL names no endpoint: open the endpoint's own page and copy its URL, or give its name"),
    "the URL of a dashboard": (("show", f"{CONSOLE}/dashboard"), 2, "this URL names nothing in SageMaker: open the thing's own page and copy its URL, or give its name"),
    "the URL of a dashboard as a selector": (("ls", f"{CONSOLE}/dashboard"), 2, "this URL names nothing in SageMaker: open the thing's own page and copy its URL, or give its name"),
    "a URL of elsewhere": (("used", "https://example.com/x"), 2, NO_DATA),
    "the URL of a dashboard for data": (("used", f"{CONSOLE}/dashboard"), 2, NO_DATA),
    "the URL of a dashboard for a node": (("impact", f"{CONSOLE}/dashboard"), 2, "this URL names nothing in SageMaker: open the thing's own page and copy its URL, or give its name"),
    "the URL of Studio for a node": (("path", "https://d-abc.studio.eu-west-1.sagemaker.aws/home", "loans-live"), 2, "this URL names nothing in SageMaker: open the thing's own page and copy its URL, or give its name"),
    "the URL of a job for data": (("used", f"{CONSOLE}/jobs/Loans-Fit-0042"), 2, JOB_FOR_DATA),
    "the ARN of a job for data": (("used", "arn:aws:sagemaker:eu-west-1:111122223333:training-job/Loans-Fit-0042"), 2, JOB_FOR_DATA),
    "a job for data": (("used", "training-job/Loans-Fit-0042"), 2, JOB_FOR_DATA),
    "an experiment for data": (("used", "experiment/loan-default"), 2, "'loan-default' is an experiment, not data: give an S3 URI; `lineage impact experiment/loan-default` tells what it led to"),
    # data
    "no scheme": (("used", "bank-ml/loans"), 2, "'bank-ml/loans' is not an S3 URI (expected s3://bucket/prefix/); did you mean s3://bank-ml/loans?"),
    "one slash": (("used", "s3:/bank-ml/loans/"), 2, "'s3:/bank-ml/loans/' is not an S3 URI (expected s3://bucket/prefix/); did you mean s3://bank-ml/loans/?"),
    "no colon": (("used", "s3//bank-ml/loans/"), 2, "'s3//bank-ml/loans/' is not an S3 URI (expected s3://bucket/prefix/); did you mean s3://bank-ml/loans/?"),
    "no scheme for a node": (("impact", "bank-raw/loans/"), 2, "nothing in the snapshot is named 'bank-raw/loans/'; did you mean s3://bank-raw/loans/?"),
    "one slash for a node": (("impact", "s3:/bank-raw/loans/"), 2, "nothing in the snapshot is named 's3:/bank-raw/loans/'; did you mean s3://bank-raw/loans/?"),
    "a typo in a key": (("used", "s3://bank-ml/loans/trian/"), 2, "no record names 's3://bank-ml/loans/trian/'; did you mean s3://bank-ml/loans/train/? (--exact asks about it as written)"),
    "a wildcard in a key": (("used", "s3://bank-ml/loans/*"), 2, "'s3://bank-ml/loans/*' holds a wildcard: a prefix already covers everything below it: give one S3 URI, such as s3://bucket/folder/ (--exact asks about it as written)"),
    "no URI": (("used",), 2, f"missing S3 URI: name one, or a file of them with --from {SEE.format('used')}"),
    "a wrong line of a list": (("used", "--from", "list.txt"), 2, "list.txt line 2: 'bank-ml/x' is not an S3 URI (expected s3://bucket/prefix/); did you mean s3://bank-ml/x?"),
    "a list that is no text": (("used", "--from", "bytes.txt"), 2, f"bytes.txt is not UTF-8 text (expected one S3 URI per line) {SEE.format('used')}"),
    "an empty list": (("used", "--from", "empty.txt"), 2, f"empty.txt holds no S3 URI {SEE.format('used')}"),
    # formats and files
    "a format": (("ls", "-f", "jsn"), 2, f"Invalid value for '--format' / '-f': 'jsn' is not valid; did you mean json or jsonl? {SEE.format('ls')}"),
    "an extension": (("ls", "-o", "x.xlsx"), 2, f"x.xlsx: no format has the extension .xlsx ({TABLES}): rename it, or add --format {SEE.format('ls')}"),
    "an extension of a picture": (("draw", "-o", "x.gif"), 2, f"x.gif: no format has the extension .gif (expected .dot, .html, .png, .svg): rename it, or add --format {SEE.format('draw')}"),
    "no extension of a picture": (("draw", "-o", "x"), 2, f"x: add an extension (.dot, .html, .png, .svg), or --format {SEE.format('draw')}"),
    "an extension of a report": (("report", "-o", "x.docx"), 2, f"x.docx: no format has the extension .docx (expected .html, .json, .md, .pdf): rename it, or add --format {SEE.format('report')}"),
    "an extension of a policy": (("iam-policy", "-o", "x.yaml"), 2, f"x.yaml: no format has the extension .yaml (expected .json, .tf): rename it, or add --format {SEE.format('iam-policy')}"),
    "a folder that is not there": (("ls", "-o", "none/x.csv"), 3, "there is no folder none: make it, or name another file"),
    "a folder of a report that is not there": (("report", "loans-live", "-o", "nope/r.html"), 3, "there is no folder nope: make it, or name another file"),
    "an extension of another picture": (("draw", "loans-live", "-o", "x.svg", "-f", "html"), 2, f"x.svg: its extension says svg, and --format says html: rename the file, or leave out --format {SEE.format('draw')}"),
    "an extension of another table": (("ls", "-o", "x.csv", "-f", "tsv"), 2, f"x.csv: its extension says csv, and --format says tsv: rename the file, or leave out --format {SEE.format('ls')}"),
    "an export without a format": (("export", "-o", "x.json"), 2, f".json does not decide the format: add -f json, graphml, cytoscape, csv-nodes, csv-edges, jsonl-nodes, jsonl-edges, dot, mermaid, openlineage, cyclonedx, prov, in-toto, model-card, neptune-csv, neo4j-csv or parquet {SEE.format('export')}"),
    "an export format": (("export", "-f", "jason"), 2, f"Invalid value for '--format' / '-f': 'jason' is not valid; did you mean json? {SEE.format('export')}"),
    "a missing snapshot": (("ls", "--snapshot", "none.db"), 3, "no snapshot at none.db: make one with `lineage crawl --snapshot none.db`, or name another; `lineage demo` makes one to try"),
    "the snapshot of the demo": (("ls", "--snapshot", "lineage.db"), 3, "no snapshot at lineage.db: demo.db is here: add --snapshot demo.db, or read your account with `lineage crawl`"),
    "a snapshot in S3": (("ls", "--snapshot", "s3://audit/x.db"), 2, f"the snapshot must be a local file, and s3://audit/x.db is not: copy it here with `aws s3 cp s3://audit/x.db .` {SEE.format('ls')}"),
    "a quoted home": (("ls", "--snapshot", "~/x.db"), 2, f"the shell did not expand the ~ of ~/x.db: write it without quotes, or give the whole path {SEE.format('ls')}"),
    "a file that is no snapshot": (("ls", "--snapshot", "text.db"), 3, "text.db can't be read: file is not a database; restore it if it was a snapshot, else name another file"),
    "an account file as snapshot": (("trace", "loans-live", "--snapshot", "my account.jsonl"), 3, "my account.jsonl is an account file, not a snapshot: read it into one with `lineage crawl --replay 'my account.jsonl' --snapshot 'my account.db'`"),
    "an account file to crawl into": (("crawl", "--snapshot", "my account.jsonl"), 3, "my account.jsonl is an account file, not a snapshot: read it into one with `lineage crawl --replay 'my account.jsonl' --snapshot 'my account.db'`"),
    "an account file with the extension of a snapshot": (("ls", "--snapshot", "account.db"), 3, "account.db is an account file, not a snapshot: read it into one with `lineage crawl --replay account.db --snapshot account.snapshot.db`"),
    "attestations as snapshot": (("ls", "--snapshot", "vouched.toml"), 3, "vouched.toml can't be read: file is not a database; restore it if it was a snapshot, else name another file"),
    "other JSON lines as snapshot": (("ls", "--snapshot", "rows.jsonl"), 3, 'rows.jsonl holds JSON, and is no snapshot (an account file begins with {"schema": "lineage.account/1", …}): name another'),
    "a snapshot as account file": (("crawl", "--replay", "sqlite.db"), 3, "sqlite.db is a database, perhaps a snapshot: an account file is text"),
    "an empty file as snapshot": (("ls", "--snapshot", "empty.txt2"), 3, "empty.txt2 is empty: fill it with `lineage crawl --snapshot empty.txt2`"),
    "a folder as snapshot": (("ls", "--snapshot", "."), 3, ". is a folder: name the snapshot file in it"),
    # options and verdicts
    "a command": (("trcae", "loans-live"), 2, "No such command 'trcae'. Did you mean 'trace'? (see lineage --help)"),
    "a command that two are like": (("trase", "loans-live"), 2, "No such command 'trase'. Did you mean 'trace'? (see lineage --help)"),
    "a command inside a group": (("verfy",), 2, "No such command 'verfy'. Did you mean 'snapshot verify'? (see lineage --help)"),
    "a command of another group": (("resum", "x"), 2, "No such command 'resum'. Did you mean 'record resume'? (see lineage --help)"),
    "another program's word": (("decribe", "x"), 2, "No such command 'decribe'. Did you mean 'show'? (see lineage --help)"),
    "a kind for a command": (("endpoints",), 2, "No such command 'endpoints': `lineage ls kind:endpoint` lists what there is (see lineage --help)"),
    "jobs for a command": (("jobs",), 2, "No such command 'jobs': `lineage ls kind:training-job` lists what there is (see lineage --help)"),
    "an endpoint for a command": (("loans-live",), 2, "No such command 'loans-live': it is an endpoint: `lineage trace loans-live` (see lineage --help)"),
    "a job for a command": (("Loans-Fit-0042",), 2, "No such command 'Loans-Fit-0042': the snapshot has something of that name: `lineage show Loans-Fit-0042` (see lineage --help)"),
    "data for a command": (("s3://bank-ml/x/",), 2, "No such command 's3://bank-ml/x/': to ask about data, `lineage used s3://bank-ml/x/` (see lineage --help)"),
    "a command of the snapshot": (("snapshot", "verfy"), 2, "No such command 'verfy'. Did you mean 'verify'? (see lineage snapshot --help)"),
    "an option before the command": (("-f", "json", "trace", "loans-live"), 2, "No such option '-f' before the command: -f goes after it (see lineage --help)"),
    "-V": (("-V",), 2, "No such option '-V'. Did you mean --version? (see lineage --help)"),
    "a format as an option": (("trace", "loans-live", "--json"), 2, f"No such option '--json'. Did you mean -f json? {SEE.format('trace')}"),
    "a kind as an option": (("ls", "--kind", "endpoint"), 2, f"No such option '--kind': the selector says it, as in `lineage ls kind:endpoint` {SEE.format('ls')}"),
    "an option without its value": (("trace", "loans-live", "-f"), 2, f"Option '-f' requires an argument {SEE.format('trace')}"),
    "a suboption without its value": (("snapshot", "verify", "--snapshot"), 2, f"Option '--snapshot' requires an argument {SEE.format('snapshot verify')}"),
    "a picture of a trace": (("trace", "loans-live", "-f", "svg"), 2, f"Invalid value for '--format' / '-f': 'svg' is not valid here: `lineage draw` makes pictures {SEE.format('trace')}"),
    "an option": (("check", "--list-rulez"), 2, f"No such option '--list-rulez'. Did you mean '--list-rules'? {SEE.format('check')}"),
    "an argument": (("path", "loans-live"), 2, f"Missing argument 'TO' {SEE.format('path')}"),
    "a verdict": (("trace", "loans-live", "--fail-on", "brokn"), 2, f"Invalid value for '--fail-on': no verdict 'brokn'; did you mean broken? {SEE.format('trace')}"),
    "a status": (("runs", "--status", "Complete"), 2, f"Invalid value for '--status': 'Complete' is not valid; did you mean Completed? {SEE.format('runs')}"),
    "a time": (("runs", "--created-after", "yesterday"), 2, "'yesterday' is not a time (expected one like 2026-05-04 or 2026-05-04T08:00:00Z)"),
    "a framework": (("report", "loans-live", "--framework", "gpdr"), 2, "no framework 'gpdr'; did you mean gdpr?"),
    "a gate without holdouts": (("datasets", "loans-live", "--fail-on", "used"), 2, f"--fail-on needs --holdouts FILE {SEE.format('datasets')}"),
    # gates
    "an empty list of verdicts": (("used", "s3://bank-ml/loans/train/", "--fail-on", ""), 2, f"--fail-on is empty: name at least one verdict {SEE.format('used')}"),
    "a list of no verdicts": (("impact", "s3://bank-ml/loans/train/", "--fail-on", " ,"), 2, f"--fail-on is empty: name at least one verdict {SEE.format('impact')}"),
    "an empty severity": (("check", "--fail-on", ""), 2, f"--fail-on is empty: name a severity {SEE.format('check')}"),
    "an empty policy": (("check", "--policy", " "), 2, f"--policy is empty: give a value, or leave it out {SEE.format('check')}"),
    "an empty list file": (("used", "--from", ""), 2, f"--from is empty: give a value, or leave it out {SEE.format('used')}"),
    "two policies": (("check", "--policy", "a.toml", "--policy", "b.toml"), 2, f"give --policy once: it is given as a.toml and b.toml {SEE.format('check')}"),
    "two formats": (("ls", "-f", "csv", "--format", "json"), 2, f"give --format once: it is given as csv and json {SEE.format('ls')}"),
    "two snapshots": (("--snapshot", "a.db", "ls", "--snapshot", "b.db"), 2, f"give --snapshot once: it is given as a.db and b.db {SEE.format('ls')}"),
    "a list of holdouts without one": (("used", "--from", "list.txt", "--from", "empty.txt"), 2, f"empty.txt holds no S3 URI {SEE.format('used')}"),
    # one slip
    "an engine for a PNG": (("draw", "+loans-live", "--engine", "builtin", "-o", "x.png"), 3, "the built-in engine cannot draw PNG: leave out --engine, or use --format svg"),
    "a folder as output": (("ls", "-f", "csv", "-o", "/"), 3, "/ is a folder: name a file in it"),
    "a form that exists": (("gaps", "--attest-template", "-o", "rule.toml"), 2, f"rule.toml exists, and may be filled in: name another file {SEE.format('gaps')}"),
    "a kind of a policy": (("iam-policy", "--kind", "foo"), 2, f"Invalid value for '--kind': no kind 'foo': `lineage kinds` lists them {SEE.format('iam-policy')}"),
    "a word for a number": (("draw", "--max-nodes", "x"), 2, f"Invalid value for '--max-nodes': 'x' is not a valid whole number {SEE.format('draw')}"),
    "two endpoints": (("trace", "loans-live", "fraud-ab"), 2, f"trace takes one endpoint at a time {SEE.format('trace')}"),
    "an experiment to list": (("experiments", "loan-default"), 2, f"experiments lists all of them: `lineage runs loan-default` lists the runs of one {SEE.format('experiments')}"),
    "conditions without their option": (("search", "training-job", "HyperParameters.eta=0.2", "Tags.a=b"), 2, f"a condition comes after --where: `--where HyperParameters.eta=0.2 --where Tags.a=b` {SEE.format('search')}"),
    "a condition that the shell split": (("search", "training-job", "HyperParameters.eta", "=", "0.2"), 2, f"a condition comes after --where: `--where 'HyperParameters.eta = 0.2'` {SEE.format('search')}"),
    "a condition without its option": (("search", "training-job", "HyperParameters.eta = 0.2"), 2, f"a condition comes after --where: `--where 'HyperParameters.eta = 0.2'` {SEE.format('search')}"),
    "an endpoint that no crawl read": (("trace", "nobody"), 2, f"no endpoint 'nobody' in the snapshot ({HELD}); `lineage crawl --endpoint nobody` reads it"),
    "a text that is no name of an endpoint": (("trace", "my model"), 2, f"no endpoint 'my model' in the snapshot ({HELD})"),
    "a run without a program": (("record", "run", "my experiment"), 2, f"no program is given: put it after --, as in `lineage record run 'my experiment' -- ./train.sh` {SEE.format('record run')}"),
    "a word of other programs": (("list",), 2, "No such command 'list'. Did you mean `lineage ls`? (see lineage --help)"),
    "the beginning of a name": (("trace", "kyc"), 2, "no endpoint 'kyc' in the snapshot; did you mean kyc-multi?"),
    "an option of another command": (("report", "--baseline", "x"), 2, f"No such option '--baseline': `lineage check` has it {SEE.format('report')}"),
    "an option for an argument": (("trace", "--endpoint", "loans-live"), 2, f"No such option '--endpoint': it is an argument, so leave out --endpoint {SEE.format('trace')}"),
    "an option for an argument of two sorts": (("impact", "--uri", "s3://bank-ml/"), 2, f"No such option '--uri': it is an argument, so leave out --uri {SEE.format('impact')}"),
    "an option that is longer": (("trace", "loans-live", "--output", "x.json"), 2, f"No such option '--output'. Did you mean '--out'? {SEE.format('trace')}"),
    "the beginning of an option": (("crawl", "--all"), 2, f"No such option '--all'. Did you mean '--all-regions'? {SEE.format('crawl')}"),
    "an option like none": (("demo", "--force"), 2, f"No such option '--force' {SEE.format('demo')}"),
    "the beginning of a format": (("export", "-f", "csv"), 2, f"Invalid value for '--format' / '-f': 'csv' is not valid; did you mean csv-edges or csv-nodes? {SEE.format('export')}"),
    "the gaps of an endpoint": (("gaps", "loans-live"), 2, f"gaps lists those of the whole snapshot: `lineage trace loans-live` tells those of one endpoint {SEE.format('gaps')}"),
    "two things to show": (("show", "loans-live", "fraud-ab"), 2, f"show takes one thing at a time {SEE.format('show')}"),
    "a file that the environment does not name": (("snapshot", "verify", "none.db"), 3, "no snapshot at none.db: make one with `lineage crawl --snapshot none.db`, or name another; `lineage demo` makes one to try"),
    "a file of the demo": (("demo", "x.db"), 2, f"demo takes no argument: name the file with --snapshot {SEE.format('demo')}"),
    "an option after the command": (("trace", "loans-live", "--debug"), 2, f"No such option '--debug' after the command: --debug goes before it {SEE.format('trace')}"),
    "an endpoint for data": (("used", "loans-live"), 2, "'loans-live' is not an S3 URI (expected s3://bucket/prefix/): for an endpoint ask `lineage datasets loans-live`"),
    "a kind run together": (("ls", "kind:TrainingJob"), 2, "no kind 'TrainingJob'; did you mean training-job?"),
    "a missing account file": (("crawl", "--replay", "none.jsonl"), 3, "no account file none.jsonl"),
    # policies
    "a rule in a policy": (("check", "--policy", "rule.toml"), 2, "rule.toml: severities must not be 'unpined-input': did you mean unpinned-input?"),
    "a key of a policy": (("check", "--policy", "key.toml"), 2, "key.toml: holdout is not a key of a policy; did you mean holdouts?"),
    "a missing policy": (("check", "--policy", "none.toml"), 2, "no policy at none.toml"),
    "a missing earlier report": (("report", "--previous", "none.json"), 3, "no earlier snapshot or report at none.json"),
    "a missing baseline": (("check", "--baseline", "none.json"), 2, "no baseline at none.json"),
    "missing attestations": (("used", "s3://bank-ml/loans/train/", "--attestations", "none.toml"), 2, "no attestations file at none.toml"),
    # searches
    "a column for a property": (("search", "training-job", "-w", "status = Completed"), 2, "Unknown property name: status; did you mean TrainingJobStatus?"),
    "a bare metric": (("search", "training-job", "-w", "validation:auc > 0.9"), 2, "Unknown property name: validation:auc; did you mean Metrics.validation:auc?"),
    "an account for a property": (("search", "training-job", "-w", "account = 111122223333"), 2, "Unknown property name: account; use --account"),
    "a kind to search": (("search", "trainin-job"), 2, "no kind 'trainin-job' that SageMaker's Search knows; did you mean training-job or TrainingJob or tuning-job?"),
    # AWS
    "no region": (("crawl",), 3, "no AWS region: use --region, set AWS_DEFAULT_REGION, or set `region` in ~/.aws/config"),
    "no credentials": (("crawl", "--region", "eu-west-1"), 3, "no AWS credentials: run `aws sso login`, set AWS_PROFILE, or use --profile"),
    "a profile": (("crawl", "--profile", "audti"), 3, "no profile 'audti' in ~/.aws/config; did you mean audit?"),
    "a role": ((*REPLAYED, "--role-arn", "auditor"), 2, "'auditor' is not a role ARN (expected one like arn:aws:iam::111122223333:role/auditor)"),
}  # fmt: skip
FILES = {
    "list.txt": b"s3://bank-ml/loans/train/\nbank-ml/x\n",
    "bytes.txt": b"\xff\xfe\x00",
    "empty.txt": b"# nothing\n",
    "empty.txt2": b"",
    "demo.db": b"",
    "text.db": b"no database " * 500,
    "my account.jsonl": BANK.read_bytes(),
    "account.db": BANK.read_bytes(),
    "vouched.toml": b"[[attestations]]\nkind = 1\n",
    "rows.jsonl": b'{"kind": "model"}\n',
    "sqlite.db": b"SQLite format 3\0\xff\xfe",
    "rule.toml": b'[severities]\nunpined-input = "off"\n',
    "key.toml": b"holdout = []\n",
    "aws-config": b"[profile audit]\nsso_session = corp\n",
}


@pytest.fixture
def mistaken(run: Any, account_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a command over the bank's account, in a folder of wrong files, without AWS credentials."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws-config"))

    def call(*arguments: str) -> Any:
        if "--snapshot" not in arguments and "crawl" not in arguments:
            monkeypatch.setenv("LINEAGE_SNAPSHOT", str(account_path))
        return run(*arguments)

    return call


@pytest.mark.parametrize(("arguments", "code", "line"), MISTAKES.values(), ids=MISTAKES)
def test_each_mistake_gets_the_line_that_mends_it(mistaken: Any, arguments: tuple[str, ...], code: int, line: str) -> None:
    """One line on stderr says what is wrong, with what, and what to do; nothing is printed, and nothing is written."""
    before = set(Path().iterdir())
    ran = mistaken(*arguments)
    assert (ran.code, ran.out, ran.err) == (code, "", f"lineage: {line}\n")
    assert set(Path().iterdir()) == before


# What needs AWS, or another folder than the one of these tests.
_ELSEWHERE = ("lineage crawl --endpoint", "lineage crawl --snapshot", "lineage crawl --tags", "lineage demo", "lineage record")
HINTS = sorted(
    {found for _, _, line in MISTAKES.values() for found in re.findall("`(lineage [^`]+)`", line)} - {"lineage crawl"}
)


@pytest.mark.parametrize("hint", [one for one in HINTS if not one.startswith(_ELSEWHERE)])
def test_the_command_of_a_hint_works_as_it_is_written(mistaken: Any, hint: str) -> None:
    """Whoever pastes the command that an error names gets an answer."""
    _, *arguments = shlex.split(hint)
    assert mistaken(*arguments).code in (0, 4)  # 4 is an answer of `check` too


def test_no_hint_holds_a_placeholder() -> None:
    """A command that a message names in full can be pasted: no word of it stands for another one."""
    paths = [path for room in ("lineage", "cli") for path in (ROOT / room).rglob("*.py")]
    said = {(path.name, found) for path in paths for text in strings(path) for found in re.findall("`lineage [^`]+`", text)}
    assert len(said) > 40
    assert {one for one in said if re.search(r"\b[A-Z][A-Z0-9_]+\b|…|<", one[1])} == set()


# --- credentials ----------------------------------------------------------------------------------

SSO = "[profile audit]\nregion = eu-west-1\nsso_session = corp\n[default]\nregion = eu-west-1\n"
EXPIRED = ClientError({"Error": {"Code": "ExpiredToken", "Message": "expired"}}, "GetCallerIdentity")
INVALID = ClientError({"Error": {"Code": "InvalidClientTokenId", "Message": "invalid"}}, "GetCallerIdentity")


class Refusing:
    """Stands in for STS, and raises an error."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_caller_identity(self) -> None:
        raise self._error


@pytest.mark.parametrize(
    ("profile", "environment", "error", "line"),
    [
        ("audit", {}, UnauthorizedSSOTokenError(), "AWS credentials have expired: run `aws sso login --profile audit`"),
        (None, {}, SSOTokenLoadError(error_msg="x"), "AWS credentials have expired: run `aws sso login`"),
        ("audit", {}, EXPIRED, "AWS credentials have expired: run `aws sso login --profile audit`"),
        (
            None,
            {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S", "AWS_SESSION_TOKEN": "T"},
            EXPIRED,
            "AWS credentials have expired: set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN anew, or unset "
            "them and use profile=…",
        ),
        (None, {}, EXPIRED, "AWS credentials have expired: renew those of profile default"),
        (
            None,
            {"AWS_ACCESS_KEY_ID": "A", "AWS_SECRET_ACCESS_KEY": "S"},
            INVALID,
            "AWS does not accept these credentials (InvalidClientTokenId): check the access key of the environment "
            "(AWS_ACCESS_KEY_ID)",
        ),
    ],
)
def test_credentials_get_the_command_that_mends_them(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    profile: str | None,
    environment: dict[str, str],
    error: Exception,
    line: str,
) -> None:
    """A user whose login has expired learns how to sign in again, with the profile, and sees no secret."""
    (tmp_path / "config").write_text(SSO)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("boto3.Session.client", lambda *_, **__: Refusing(error))
    with pytest.raises(CrawlError) as refused:
        Session(profile)
    assert str(refused.value) == line
    assert "botocore" not in "".join(traceback.format_exception(refused.value))  # which a notebook prints


@pytest.mark.parametrize("option", [[], ["--debug"]], ids=["", "debug"])
def test_debug_tells_what_botocore_said(run: Any, monkeypatch: pytest.MonkeyPatch, option: list[str]) -> None:
    """The error alone hides the cause of a failed sign-in; --debug shows it."""
    monkeypatch.setattr("boto3.Session.client", lambda *_, **__: Refusing(UnauthorizedSSOTokenError()))
    ran = run(*option, "crawl", "--region", "eu-west-1")
    assert ran.code == 3
    assert ("UnauthorizedSSOTokenError" in ran.err) is bool(option)


def test_no_region_says_what_boto3_reads(monkeypatch: pytest.MonkeyPatch, mistaken: Any) -> None:
    """The message says that boto3 does not read AWS_REGION, which other tools read."""
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    said = (
        "no AWS region: use --region, set AWS_DEFAULT_REGION (boto3 does not read AWS_REGION), or set `region` of profile audit"
    )
    assert mistaken("crawl", "--profile", "audit").err == f"lineage: {said}\n"
