"""The command that records has the recording side's stand-in for SageMaker."""

from tests.recording.conftest import service, spool, start

__all__ = ["service", "spool", "start"]
