"""`/metrics`, for Prometheus: `requests` measures in the web processes, `collectors` asks PostgreSQL and Redis when
somebody looks, `exposition` puts them together, `view` answers. What workers measure is in PostgreSQL by then."""
