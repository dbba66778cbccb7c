"""What a cashier sees, presses, scans and prints with; `ports` has what a board gives."""
