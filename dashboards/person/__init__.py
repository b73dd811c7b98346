"""The parts of a person's page that are opened one by one."""
