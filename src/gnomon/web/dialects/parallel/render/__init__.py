"""What the house holds, in the vendor's words; pure."""
