"""Clients: one per region and service, with retries, a rate limit, a count of calls, and each answer unparsed, before
botocore drops the members that it does not know.
"""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import boto3
import botocore
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError, ProfileNotFound

from lineage.crawl.aws.pace import FIRST, THROTTLED, Pace
from lineage.crawl.aws.refusals import UNPARSED, Garbled, error_body, json_object, told
from lineage.crawl.aws.signin import no_profile, no_region, not_signed_in
from lineage.domain.called import argument
from lineage.domain.names import parse_arn
from lineage.domain.regions import check_role
from lineage.domain.spelling import did_you_mean
from lineage.errors import CrawlError, MalformedName

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel
    from mypy_boto3_s3 import S3Client

BOTOCORE_VERSION: str = botocore.__version__
RESTS = (1, 2)  # how many times `patience` to wait before asking again after a garbled answer
_POOL = 80  # connections of a client: as many as the threads of a sweep

AnswerT = TypeVar("AnswerT")


def own_endpoints(core: botocore.session.Session) -> None:
    """Let a session call each service under AWS's own names, also where `AWS_ENDPOINT_URL` names another one."""
    core.set_config_variable("ignore_configured_endpoint_urls", True)


class Session:
    """A caller in one account, with a client for each region and service that is used.

    `replayed`: whether an account file answers, and not AWS.
    `calls` counts the requests that AWS answered, `retries` those that botocore sent once more; `on_call` is told
    after each. Many threads may use one session.
    """

    replayed = False

    def __init__(
        self,
        profile: str | None = None,
        region: str | None = None,
        *,
        boto: boto3.Session | None = None,
        tries: int = 10,
        paced: bool = True,
    ) -> None:
        """Raises `CrawlError` if the profile, the region or the credentials are missing.

        `tries` is how often a call is made before it counts as throttled; botocore's own 3 are too few for an
        API that allows two calls a second. Without `paced`, calls are made as fast as possible.
        """
        self.calls = self.retries = 0
        self.on_call: Callable[[], None] = lambda: None
        self.patience = 1.0  # seconds until a "not found" is asked again: config reads are eventually consistent
        self.patient_rounds = 3 if paced else 0  # how often a call is repeated after botocore gave up because of throttling
        self._tries, self._paced = tries, paced
        self._pace = Pace(FIRST if paced else math.inf)
        self._lock = threading.Lock()
        self._heard = threading.local()
        self._clients: dict[tuple[str, str], BaseClient] = {}
        self._stores: dict[str, S3Client] = {}
        retries: Any = {"mode": "standard", "total_max_attempts": tries}
        self._config = Config(retries=retries, user_agent_extra="sagemaker-lineage", max_pool_connections=_POOL)
        try:
            self._boto = boto or boto3.Session(profile_name=profile, region_name=region)
        except ProfileNotFound:
            raise CrawlError(no_profile(profile)) from None
        except BotoCoreError as error:
            raise CrawlError(f"boto3 can't read its configuration: {error}") from None
        named = region or self._boto.region_name
        if not named:
            raise CrawlError(no_region(profile))
        self.region: str = named
        self.caller, self.account = self._who()

    def _who(self) -> tuple[str, str]:
        try:
            answer = self._boto.client(
                "sts", region_name=self.region
            ).get_caller_identity()  # only botocore's own few tries, so that a refusal comes fast
            parse_arn(answer["Arn"])
            return answer["Arn"], answer["Account"]
        except (BotoCoreError, ClientError, *UNPARSED) as error:
            raise CrawlError(not_signed_in(error, self._boto)) from None

    def assume(self, role: str) -> Session:
        """A session with another role that renews its credentials by itself. Raises `CrawlError`, `MalformedName`."""
        check_role(role)
        core = botocore.session.Session()
        own: Any = self._boto  # it makes the client that assumes the role, so its hooks work there, too
        fetcher = AssumeRoleCredentialFetcher(
            lambda service, **_: own.client(service), own.get_credentials(), role, extra_args={"RoleSessionName": "lineage"}
        )
        renewed = DeferredRefreshableCredentials(method="sts-assume-role", refresh_using=fetcher.fetch_credentials)
        core._credentials = renewed  # type: ignore[attr-defined]  # noqa: SLF001  (botocore has no public way to renew)
        if self.replayed:
            own_endpoints(core)
        # A stand-in that answers instead of AWS for this session also answers for its assumed roles.
        core.register("before-send", lambda **words: own.events.emit_until_response(**words)[1])
        other = boto3.Session(botocore_session=core, region_name=self.region)
        try:
            renewed.get_frozen_credentials()
        except (BotoCoreError, ClientError, *UNPARSED) as error:
            raise CrawlError(f"the role {role} can't be assumed: {told(error)}") from None
        session = Session(boto=other, tries=self._tries, paced=self._paced)
        session.patience, session.replayed = self.patience, self.replayed
        return session

    def enabled_regions(self) -> list[str]:
        """The regions that are enabled for the account and that have SageMaker. Raises `CrawlError`."""
        status: Any = ["ENABLED", "ENABLED_BY_DEFAULT"]
        try:
            pages = (
                self._boto.client("account", region_name=self.region)
                .get_paginator("list_regions")
                .paginate(RegionOptStatusContains=status)
            )
            names = [str(one["RegionName"]) for page in pages for one in page["Regions"]]
        except (BotoCoreError, ClientError, *UNPARSED):
            try:
                names = [
                    one["RegionName"] for one in self._boto.client("ec2", region_name=self.region).describe_regions()["Regions"]
                ]
            except (BotoCoreError, ClientError, *UNPARSED) as error:
                allow = f"allow account:ListRegions, or name {argument('regions')}"
                said = f"account {self.account} does not tell its enabled regions: {allow}"
                raise CrawlError(f"{said} ({told(error)})") from None
        partition = self._boto.get_partition_for_region(self.region)
        return sorted(set(names) & set(self._boto.get_available_regions("sagemaker", partition_name=partition)))

    def check_regions(self, names: Sequence[str]) -> None:
        """Raise `MalformedName` for a region that no partition has, because a typing error would be a permanent gap."""
        known = {
            region
            for partition in self._boto.get_available_partitions()
            for region in self._boto.get_available_regions("sagemaker", partition_name=partition)
        }
        for name in names:
            if name not in known:
                said = did_you_mean(sorted(known), name, "; a newer boto3 may know it")
                raise MalformedName(f"no region {name!r} with SageMaker that this boto3 knows{said}")

    def client(self, region: str, service: str = "sagemaker") -> BaseClient:
        """The client of a region, of SageMaker or of another service that speaks JSON."""
        boto: Any = self._boto  # its stubs want the name of one service
        if found := self._clients.get((region, service)):  # nearly always: without waiting for another thread
            return found
        with self._lock:
            if (region, service) not in self._clients:
                client: BaseClient = boto.client(service, region_name=region, config=self._config)
                events = client.meta.events
                events.register(f"before-call.{service}", self._begin)
                events.register_first(f"request-created.{service}", lambda **words: self._wait(region, **words))
                events.register(f"needs-retry.{service}", lambda **words: self._learn(region, **words))
                events.register(f"before-parse.{service}", self._listen)
                events.register(f"after-call.{service}", self._count)
                self._clients[region, service] = client
            return self._clients[region, service]

    def s3(self, region: str) -> S3Client:
        """The S3 client of a region: it reads manifests, and nothing else."""
        with self._lock:
            if region not in self._stores:
                self._stores[region] = self._boto.client("s3", region_name=region, config=self._config)
                self._stores[region].meta.events.register("after-call.s3", self._count)
            return self._stores[region]

    def heard(self) -> bytes:
        """The last good answer to this thread, complete: botocore's own parser drops members that it does not know."""
        return bytes(self._heard.body)

    def answer(self) -> dict[str, Any]:
        """The same as JSON. Raises `ValueError` if it is not a JSON object."""
        return json_object(self.heard())

    def steadily(self, ask: Callable[[], AnswerT]) -> AnswerT:
        """Ask, and repeat a few times if the answer is garbled: a gateway may recover soon."""
        for rest in RESTS:
            with contextlib.suppress(Garbled):
                return ask()
            time.sleep(rest * self.patience)
        return ask()

    def _begin(self, **_: Any) -> None:
        self._heard.attempts = 0

    def _wait(self, region: str, operation_name: str, **_: Any) -> None:
        self._heard.sent = self._pace.of(region, operation_name).wait()
        self._heard.attempts = getattr(self._heard, "attempts", 0) + 1
        if self._heard.attempts > 1:
            with self._lock:
                self.retries += 1

    def _learn(self, region: str, operation: OperationModel, response: Any, **_: Any) -> None:
        budget = self._pace.of(region, operation.name)
        code = response[1].get("Error", {}).get("Code", "") if response else ""
        if code in THROTTLED:
            budget.throttled(self._heard.sent)
        elif response:
            budget.answered()

    def spent(self) -> int:
        """The calls that this thread has made since this was last read."""
        spent = getattr(self._heard, "calls", 0)
        self._heard.calls = 0
        return spent

    def _count(self, **_: Any) -> None:
        self._heard.calls = getattr(self._heard, "calls", 0) + 1
        with self._lock:
            self.calls += 1
        self.on_call()

    def _listen(self, response_dict: dict[str, Any], **_: Any) -> None:
        """Store a good answer unparsed, and spare botocore the parsing; give it errors in a form that it reads."""
        body = response_dict["body"] or b""
        good = response_dict["status_code"] < 300
        self._heard.body = body if good else b""
        response_dict["body"] = b"{}" if good else error_body(body)
