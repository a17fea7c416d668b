"""An emulation of AWS Batch that runs each job as a process of this machine."""
