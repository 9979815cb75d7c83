"""The dashboard: one self-contained HTML page from the marts of the dbt package."""

PAGE = "demo/dashboard.html"
"""Where the demo's page goes."""
