"""What Elasticsearch and Kibana are told so that logs arrive, are kept as long as wanted, and are seen."""
