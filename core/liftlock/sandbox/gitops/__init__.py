"""The GitOps controllers of the embedded cluster: they really read the remote, render it and apply it."""
