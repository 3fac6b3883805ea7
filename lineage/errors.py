"""The errors that a caller may want to catch. Each message says what is wrong, where, and what to do."""


class LineageError(Exception):
    """The base of every error that lineage raises on purpose."""


class MalformedName(LineageError):
    """A text that is not the S3 URI, ARN, selector, search or time that it should be."""


class MalformedDefinition(LineageError):
    """A pipeline definition that is not a JSON object, or has an unknown version."""


class MalformedPolicy(LineageError):
    """A policy file or a baseline that cannot be understood: which file, which line or key, and what is expected."""


class SearchRefused(MalformedName):
    """A search that SageMaker would refuse; `reason` is in the words of the service, without the hint."""

    def __init__(self, reason: str, hint: str = "", *, shortly: str = "", unknown: str = "") -> None:
        """`shortly` takes the place of a reason that lists more than anybody reads. `unknown` is the name of no property."""
        said = shortly or reason
        super().__init__(f"{said}; {hint}" if hint else said)
        self.reason = reason
        self.unknown = unknown


class UnknownNode(LineageError):
    """Nothing, or more than one thing, has that name in the snapshot or in the account."""


class LeaderboardError(LineageError):
    """The runs to compare have no such metric, or the metric or direction to rank them by is unknown."""


class SnapshotError(LineageError):
    """The file is missing, is not a snapshot, or was written by a newer lineage."""


class DamagedSnapshot(SnapshotError):
    """The file has changed since its crawls wrote it: `what` says where, without the path and the advice."""

    def __init__(self, message: str, what: str = "") -> None:
        super().__init__(message)
        self.what = what


class MixedRecords(SnapshotError):
    """A crawl of AWS would write into a snapshot of replayed records, or a replay into one of records from AWS."""


class SigningError(LineageError):
    """A signature could not be made or checked: a program, a key, a package or a service is missing, or refuses."""


class SignatureRefused(SigningError):
    """A signature was checked, and is not from the named signer, or not for this statement."""


class CrawlError(LineageError):
    """AWS, or the account file that replaces it, could not be read at all."""


class RenderError(LineageError):
    """Graphviz was not found, or it failed."""


class RecordingError(LineageError):
    """Something was not recorded: what, why, and what to do."""


class RefusedValue(RecordingError, ValueError):
    """SageMaker would refuse this, or no reader could read it: raised at the call, before anything is sent."""


class AlreadyExists(RecordingError):
    """An experiment, a trial or a component with that name already exists, ignoring case."""


class NotThere(RecordingError, LookupError):
    """No experiment, trial, component or run with that name exists."""


class NotRecorded(RecordingError):
    """The service could not be reached, is too busy, or does not allow it; `cause` says which (`lineage.recording.service`)."""

    def __init__(self, message: str, cause: str = "") -> None:
        super().__init__(message)
        self.cause = cause
