"""One module per board: what `pos_client/ports.py` asks for, and the identity the board was given."""
