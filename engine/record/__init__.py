"""The audit record at work: sequencer, checkpoints, witness, proofs and verification."""
