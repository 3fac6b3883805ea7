"""What can go wrong in a way that a caller would catch. Each message says what, where and what to do."""


class LineageError(Exception):
    """The base of every error that lineage raises on purpose."""


class MalformedName(LineageError):
    """A text that is no S3 URI, no ARN, no selector, no search or no time."""


class MalformedDefinition(LineageError):
    """A pipeline definition that is no JSON object, or of a version that nobody knows."""


class MalformedPolicy(LineageError):
    """A policy file or a baseline that says what nobody understands: which file, which line or key, and what would do."""


class SearchRefused(MalformedName):
    """A search that SageMaker would refuse; `reason` says it as the service does, without the hint."""

    def __init__(self, reason: str, hint: str = "", *, shortly: str = "") -> None:
        """`shortly` takes the place of a reason that lists more than anybody reads."""
        said = shortly or reason
        super().__init__(f"{said}; {hint}" if hint else said)
        self.reason = reason


class UnknownNode(LineageError):
    """Nothing by that name is in the snapshot or in the account; or more than one thing is."""


class LeaderboardError(LineageError):
    """What was asked to be compared has no such metric, or nothing tells by which to rank it and in which direction."""


class SnapshotError(LineageError):
    """The file is missing, is no snapshot, or was written by a newer lineage."""


class DamagedSnapshot(SnapshotError):
    """The file is no longer what its crawls wrote: `what` says where, without the path and the advice."""

    def __init__(self, message: str, what: str = "") -> None:
        super().__init__(message)
        self.what = what


class MixedRecords(SnapshotError):
    """A crawl of AWS would write into a snapshot of replayed records, or a replay into one of records from AWS."""


class SigningError(LineageError):
    """A signature could not be made or checked: a program, a key, a package or a service is missing, or refuses."""


class SignatureRefused(SigningError):
    """A signature was checked, and is not that of the signer who was named, or not over this statement."""


class CrawlError(LineageError):
    """AWS, or the account file that stands in for it, could not be read at all."""


class RenderError(LineageError):
    """No Graphviz was found, or it failed."""


class RecordingError(LineageError):
    """Something was not recorded: what, why, and what to do."""


class RefusedValue(RecordingError, ValueError):
    """What SageMaker would refuse, or what no reader could read: told at the call, before anything is sent."""


class AlreadyExists(RecordingError):
    """An experiment, a trial or a component of that name is there already, whatever its case."""


class NotThere(RecordingError, LookupError):
    """No experiment, trial, component or run of that name is there."""


class NotRecorded(RecordingError):
    """The service could not be reached, is too busy, or does not allow it; `cause` says which (`lineage.recording.service`)."""

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause
