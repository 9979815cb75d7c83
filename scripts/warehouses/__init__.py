"""Test the dbt package on emulators of BigQuery and Snowflake."""
