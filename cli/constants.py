"""Words that the command line needs before it knows which command is meant: this file imports nothing."""

ARGUMENTS = "arguments"  # under this name the context keeps the words of the command line
COMPLETING = "_LINEAGE_COMPLETE"  # the variable through which a shell asks for completions: click's own protocol
DEFAULT_SNAPSHOT = "lineage.db"
