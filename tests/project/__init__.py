"""The project itself: its installation, its architecture, its containers."""
