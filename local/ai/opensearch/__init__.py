"""OpenSearch Serverless on this machine: a real OpenSearch node behind what the service takes and refuses."""
