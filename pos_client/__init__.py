"""The till: it decides from its own files, whether or not a network is there."""
