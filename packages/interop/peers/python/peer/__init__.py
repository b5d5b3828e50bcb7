"""What `transport.py` consists of; `peers/README.md` has its contract."""
