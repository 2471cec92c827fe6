"""Engine: queue, executor, kernels, orchestrator, schedule, recovery."""
