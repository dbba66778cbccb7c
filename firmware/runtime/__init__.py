"""What keeps a device running: tasks under a supervisor, reports to the service, updates and their trials.

Loaded on every device; parts that only some have (peripherals, Wi-Fi, enrolment, `firmware.update`) are loaded where
they are needed.
"""
