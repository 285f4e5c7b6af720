"""The BPMN runtime over SpiffWorkflow: definitions, instances, state, timers, diagrams."""
