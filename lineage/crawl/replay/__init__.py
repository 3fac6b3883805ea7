"""An account file that answers in AWS's place, through botocore itself."""
