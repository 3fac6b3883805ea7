"""Clients: one per region, with retries, the count of calls, and the guard against members botocore drops."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import boto3
import botocore
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, ProfileNotFound

from lineage.errors import CrawlError

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel

BOTOCORE_VERSION: str = botocore.__version__


class Session:
    """A caller in one account, and a SageMaker client for each region that is asked for.

    `calls` counts the requests that AWS answered; `on_call` is told after each.
    """

    def __init__(
        self,
        profile: str | None = None,
        region: str | None = None,
        *,
        boto: boto3.Session | None = None,
        tries: int = 10,
    ) -> None:
        """Raises `CrawlError` where there is no such profile, no region or nobody signed in.

        `tries` is how often a call is made before it counts as throttled; botocore's own 3 are too few for an
        API that allows two calls a second.
        """
        self.calls = 0
        self.on_call: Callable[[], None] = lambda: None
        self.patience = 1.0  # seconds until a "not found" is asked again: config reads are eventually consistent
        self._heard = threading.local()
        self._clients: dict[str, BaseClient] = {}
        self._config = Config(retries={"mode": "standard", "total_max_attempts": tries}, user_agent_extra="sagemaker-lineage")
        try:
            self._boto = boto or boto3.Session(profile_name=profile, region_name=region)
        except ProfileNotFound as error:
            raise CrawlError(f"{error}: name one of those in ~/.aws/config with --profile") from error
        except BotoCoreError as error:
            raise CrawlError(f"boto3 can't read its configuration: {error}") from error
        if not self._boto.region_name:
            raise CrawlError("no AWS region: give one with --region, or set AWS_REGION")
        self.region: str = self._boto.region_name
        self.caller, self.account = self._who()

    def _who(self) -> tuple[str, str]:
        try:
            answer = self._boto.client("sts").get_caller_identity()  # botocore's own few tries: nobody waits for a no
        except NoCredentialsError as error:
            raise CrawlError("no AWS credentials: sign in (`aws sso login`), set AWS_PROFILE, or use --profile") from error
        except (BotoCoreError, ClientError) as error:
            raise CrawlError(f"AWS did not say who is asking (sts:GetCallerIdentity): {error}") from error
        return answer["Arn"], answer["Account"]

    def client(self, region: str) -> BaseClient:
        """The SageMaker client of a region."""
        if region not in self._clients:
            client = self._boto.client("sagemaker", region_name=region, config=self._config)
            client.meta.events.register("before-parse.sagemaker", self._listen)
            client.meta.events.register("after-call.sagemaker", self._count)
            self._clients[region] = client
        return self._clients[region]

    def unknown_members(self) -> list[str]:
        """The paths in the last answer to this thread that botocore does not know, and so dropped without a word."""
        return list(getattr(self._heard, "unknown", ()))

    def _count(self, **_: Any) -> None:
        self.calls += 1
        self.on_call()

    def _listen(self, operation_model: OperationModel, response_dict: Mapping[str, Any], **_: Any) -> None:
        self._heard.unknown = []
        if response_dict["status_code"] < 300 and operation_model.output_shape is not None:
            try:
                body = json.loads(response_dict["body"] or b"{}")
            except ValueError:
                return  # botocore will say so itself
            self._heard.unknown = list(_unknown(body, operation_model.output_shape, ""))


def _unknown(value: Any, shape: Any, path: str) -> Iterator[str]:
    """The paths below `value` that the shape has no member for."""
    if shape.type_name == "structure" and isinstance(value, dict):
        for key, child in value.items():
            where = f"{path}.{key}" if path else key
            if key in shape.members:
                yield from _unknown(child, shape.members[key], where)
            elif key != "__type":
                yield where
    elif shape.type_name == "list" and isinstance(value, list):
        for child in value:
            yield from _unknown(child, shape.member, f"{path}[]")
    elif shape.type_name == "map" and isinstance(value, dict):
        for child in value.values():
            yield from _unknown(child, shape.value, f"{path}.*")
