"""From a job and a cluster to what will run: checked, resolved, shown."""
