"""What a stack costs, estimated from its graph before anything is deployed."""
