"""The dashboard: one self-contained HTML page from the marts of the dbt package."""
