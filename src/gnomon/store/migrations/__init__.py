"""The schema's history, one file per step; run by Alembic, imported only when there is a step to take."""
