"""BPMN models: normalised from what other tools draw, checked, and parsed into SpiffWorkflow's specs."""
