"""Clusters as they are heard through the Kubernetes API: connections, objects, health, controllers, the live diff."""
