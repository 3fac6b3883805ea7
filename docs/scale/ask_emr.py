"""The same question on EMR Serverless: `ask_emr.py FOLDER SUBJECTS ANSWERS`, three places on S3."""

import sys

from pyspark.sql import SparkSession

import lineage.spark


def main(folder: str, subjects: str, answers: str) -> None:
    """Ask about each line of a text, and write the verdicts."""
    spark = SparkSession.builder.getOrCreate()
    lineage.spark.used(spark, folder, spark.read.text(subjects)).write.mode("overwrite").parquet(answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
