"""An embedded cluster with a GitOps controller, for the demo and for tests of faults and clocks."""
