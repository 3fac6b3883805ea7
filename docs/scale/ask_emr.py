"""The same question on EMR Serverless: `ask_emr.py FOLDER SUBJECTS ACCOUNTS ANSWERS`, four places on S3."""

import sys

from pyspark.sql import SparkSession

import lineage.spark


def main(folder: str, subjects: str, accounts: str, answers: str) -> None:
    """Ask about each URI of a list, in all accounts of another one, and write the verdicts."""
    spark = SparkSession.builder.getOrCreate()
    listed = spark.read.csv(accounts, header=True).collect()
    expected = [(one.account, region) for one in listed for region in one.regions.split()]
    uris = spark.read.text(subjects).where("trim(value) NOT LIKE '#%' AND trim(value) != ''")
    verdicts = lineage.spark.used(spark, folder, uris, expected=expected)
    verdicts.write.mode("overwrite").parquet(answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
