"""The dbt project on Spark beside DuckDB: both build the same home, each published table is compared."""
