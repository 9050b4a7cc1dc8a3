"""The program: settings, wiring, scheduler, telemetry and the command line."""
