"""Bulk questions about a folder of Parquet on Spark: for many subjects at once, over many accounts.

    from pyspark.sql import SparkSession
    import lineage.spark

    spark = SparkSession.builder.master("local[2]").getOrCreate()
    lineage.spark.used(spark, "estate/", ["s3://bank-ml/loans/holdout/"]).show()

Spark finds the records that each batch of subjects needs, and the local code joins these and judges each subject. So an answer
is the one that a snapshot of all these accounts gives.
"""

from __future__ import annotations

from lineage.spark.expected import places_in
from lineage.spark.questions import impact, used
from lineage.spark.session import local_session
from lineage.spark.tables import insist_whole
from lineage.spark.written import write_verdicts

__all__ = ["impact", "insist_whole", "local_session", "places_in", "used", "write_verdicts"]
