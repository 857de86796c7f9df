"""What Prometheus and Grafana are told of runs: every metric is declared once, and so is every panel."""
