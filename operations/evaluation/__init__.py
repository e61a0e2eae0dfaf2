"""The program run without AWS and without Pulumi's engine, to see what it would declare."""
